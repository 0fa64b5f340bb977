import type { AuditLogId, UserId } from '@hivesync/contracts';
import { DataClass, References } from '@hivesync/database';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { UserRef } from '../references/user-ref.entity.ts';

/**
 * One fact: who did what, on what, from where, when. Partitioned by month and append-only: triggers refuse
 * UPDATE, DELETE and TRUNCATE to every role, and the service's own role is not granted them.
 */
@Entity({ name: 'audit_logs' })
@Index('audit_logs_created_at_id_idx', ['createdAt', 'id'])
@Index('audit_logs_user_id_created_at_id_idx', ['userId', 'createdAt', 'id'])
@Index('audit_logs_event_type_created_at_id_idx', ['eventType', 'createdAt', 'id'])
@Index('audit_logs_entity_type_created_at_id_idx', ['entityType', 'createdAt', 'id'])
@Index('audit_logs_entity_id_created_at_id_idx', ['entityId', 'createdAt', 'id'])
@Index('audit_logs_ip_address_created_at_id_idx', ['ipAddress', 'createdAt', 'id'])
export class AuditLog {
  /** The id of the event that told the fact: it cannot be recorded twice. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'audit_logs_pkey' })
  id!: AuditLogId;

  /** When it happened, as the event says. */
  @PrimaryColumn({ type: 'timestamptz', name: 'created_at', primaryKeyConstraintName: 'audit_logs_pkey' })
  createdAt!: Date;

  /**
   * Who did it; null for the platform itself and for strangers. The key is real, but a deleted user's
   * deeds are facts too: this column is not guarded against deleted users.
   */
  @Column({ type: 'uuid', name: 'user_id', nullable: true })
  @References(() => UserRef, { onDelete: 'keep' })
  userId!: UserId | null;

  @Column({ type: 'text', name: 'event_type' })
  eventType!: string;

  @Column({ type: 'text', name: 'entity_type' })
  entityType!: string;

  @Column({ type: 'text', name: 'entity_id' })
  entityId!: string;

  /** The event's data: never a secret, never a body of text. */
  @Column({ type: 'jsonb', name: 'data_json' })
  dataJson!: Record<string, unknown>;

  @Column({ type: 'inet', name: 'ip_address', nullable: true })
  @DataClass('personal')
  ipAddress!: string | null;

  /** The service that it happened in. */
  @Column({ type: 'text', name: 'source_service' })
  sourceService!: string;

  @Column({ type: 'text', name: 'request_id', nullable: true })
  requestId!: string | null;

  /** When this log learned of it. */
  @Column({ type: 'timestamptz', name: 'recorded_at', default: () => 'now()' })
  recordedAt!: Date;
}
