import type { ProjectId, UserId, WebhookEndpointId } from '@hivesync/contracts';
import { DataClass, References } from '@hivesync/database';
import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  ForeignKey,
  Index,
  PrimaryColumn,
  UpdateDateColumn,
} from 'typeorm';
import { Project } from '../projects/project.entity.ts';
import { UserRef } from '../references/user-ref.entity.ts';

/** An https address that a project's events are sent to. */
@Entity({ name: 'webhook_endpoints' })
@Check('webhook_endpoints_url_check', `url ~ '^https://' and char_length(url) <= 2048`)
@Check('webhook_endpoints_event_types_check', 'cardinality(event_types) between 1 and 50')
@Check(
  'webhook_endpoints_previous_secret_check',
  'num_nonnulls(previous_secret_encrypted, previous_secret_expires_at) in (0, 2)',
)
export class WebhookEndpoint {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'webhook_endpoints_pkey' })
  id!: WebhookEndpointId;

  @Index('webhook_endpoints_project_id_idx')
  @Column({ type: 'uuid', name: 'project_id' })
  @ForeignKey(() => Project, { name: 'webhook_endpoints_project_id_fkey' })
  projectId!: ProjectId;

  @Column({ type: 'text' })
  url!: string;

  @Column({ type: 'text', name: 'event_types', array: true })
  eventTypes!: string[];

  @Column({ type: 'boolean', name: 'is_active', default: true })
  isActive!: boolean;

  /** Signing secret, encrypted. Sensitive: shown once when made, never read out again. */
  @Column({ type: 'bytea', name: 'secret_encrypted' })
  @DataClass('encrypted')
  secretEncrypted!: Buffer;

  /** The secret before the last rotation, which still signs until `previousSecretExpiresAt`. Sensitive. */
  @Column({ type: 'bytea', name: 'previous_secret_encrypted', nullable: true })
  @DataClass('encrypted')
  previousSecretEncrypted!: Buffer | null;

  @Column({ type: 'timestamptz', name: 'previous_secret_expires_at', nullable: true })
  previousSecretExpiresAt!: Date | null;

  @Index('webhook_endpoints_created_by_idx')
  @Column({ type: 'uuid', name: 'created_by' })
  @References(() => UserRef, { onDelete: 'keep', exports: 'reference' })
  createdBy!: UserId;

  /** Since when every delivery failed; null while they succeed. */
  @Column({ type: 'timestamptz', name: 'failing_since', nullable: true })
  failingSince!: Date | null;

  @Column({ type: 'integer', default: 1 })
  version!: number;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
