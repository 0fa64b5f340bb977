import type { EventId, WebhookDeliveryId, WebhookEndpointId } from '@hivesync/contracts';
import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  ForeignKey,
  Index,
  PrimaryColumn,
  Unique,
  UpdateDateColumn,
} from 'typeorm';
import { WebhookEndpoint } from './webhook-endpoint.entity.ts';

export const webhookDeliveryStatuses = ['pending', 'succeeded', 'failed'] as const;
export type WebhookDeliveryStatus = (typeof webhookDeliveryStatuses)[number];

/** One event on its way to one endpoint, with what came back. */
@Entity({ name: 'webhook_deliveries' })
@Unique('webhook_deliveries_endpoint_id_event_id_key', ['endpointId', 'eventId'])
@Index('webhook_deliveries_endpoint_id_created_at_idx', ['endpointId', 'createdAt', 'id'])
@Index('webhook_deliveries_due_idx', ['nextAttemptAt'], { where: `status = 'pending'` })
@Check('webhook_deliveries_attempts_check', 'attempts >= 0')
@Check('webhook_deliveries_response_status_check', 'response_status between 100 and 599')
@Check('webhook_deliveries_response_excerpt_check', 'octet_length(response_excerpt) <= 1024')
export class WebhookDelivery {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'webhook_deliveries_pkey' })
  id!: WebhookDeliveryId;

  @Column({ type: 'uuid', name: 'endpoint_id' })
  @ForeignKey(() => WebhookEndpoint, { name: 'webhook_deliveries_endpoint_id_fkey', onDelete: 'CASCADE' })
  endpointId!: WebhookEndpointId;

  /** The event that is sent, which is the receiver's `webhook-id`. No key: the outbox forgets before this log. */
  @Column({ type: 'uuid', name: 'event_id' })
  eventId!: EventId;

  @Column({ type: 'text', name: 'event_type' })
  eventType!: string;

  @Column({ type: 'jsonb', name: 'payload_json' })
  payloadJson!: object;

  @Column({
    type: 'enum',
    enumName: 'webhook_delivery_status',
    enum: webhookDeliveryStatuses,
    default: 'pending',
  })
  status!: WebhookDeliveryStatus;

  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  @Column({ type: 'timestamptz', name: 'next_attempt_at', nullable: true })
  nextAttemptAt!: Date | null;

  @Column({ type: 'integer', name: 'response_status', nullable: true })
  responseStatus!: number | null;

  /** At most 1 KiB of the receiver's answer. */
  @Column({ type: 'text', name: 'response_excerpt', nullable: true })
  responseExcerpt!: string | null;

  @Column({ type: 'timestamptz', name: 'delivered_at', nullable: true })
  deliveredAt!: Date | null;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
