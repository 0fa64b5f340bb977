import type { ProviderEventId } from '@hivesync/contracts';
import { DataClass } from '@hivesync/database';
import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  Index,
  PrimaryColumn,
  Unique,
  UpdateDateColumn,
} from 'typeorm';

export const providerEventStates = ['received', 'applied', 'flagged'] as const;
export type ProviderEventState = (typeof providerEventStates)[number];

/**
 * The webhook inbox: each signed body of the provider, stored before it is acted on. A repeat is known by
 * its webhook, event and object, or by its bytes. Bodies hold names and emails of customers.
 */
@Entity({ name: 'provider_events' })
@Unique('provider_events_body_sha256_key', ['bodySha256'])
@Index('provider_events_webhook_id_event_name_data_id_key', ['webhookId', 'eventName', 'dataId'], {
  unique: true,
  where: 'webhook_id is not null',
})
@Index('provider_events_received_idx', ['createdAt'], { where: `state = 'received'` })
@Check('provider_events_body_sha256_check', 'octet_length(body_sha256) = 32')
@Check('provider_events_applied_at_check', `(applied_at is not null) = (state = 'applied')`)
@Check('provider_events_flag_check', `(flag is not null) = (state = 'flagged')`)
export class ProviderEvent {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'provider_events_pkey' })
  id!: ProviderEventId;

  @Column({ type: 'text', name: 'webhook_id', nullable: true })
  webhookId!: string | null;

  @Column({ type: 'text', name: 'event_name' })
  eventName!: string;

  @Column({ type: 'text', name: 'data_type' })
  dataType!: string;

  @Column({ type: 'text', name: 'data_id' })
  dataId!: string;

  /** The body as received, byte for byte: its signature can be checked again. */
  @Column({ type: 'bytea' })
  @DataClass('personal')
  body!: Buffer;

  @Column({ type: 'bytea', name: 'body_sha256' })
  bodySha256!: Buffer;

  @Column({ type: 'enum', enumName: 'provider_event_state', enum: providerEventStates, default: 'received' })
  state!: ProviderEventState;

  /** Why it could not be applied: no user, an unknown variant, ... */
  @Column({ type: 'text', nullable: true })
  flag!: string | null;

  @Column({ type: 'timestamptz', name: 'applied_at', nullable: true })
  appliedAt!: Date | null;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
