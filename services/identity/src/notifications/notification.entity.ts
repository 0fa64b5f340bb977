import {
  type EventId,
  type NotificationId,
  type NotificationType,
  notificationTypes,
  type UserId,
} from '@hivesync/contracts';
import { DataClass } from '@hivesync/database';
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
import { User } from '../users/user.entity.ts';

/** A row of one person's inbox. */
@Entity({ name: 'notifications' })
@Index(['userId', 'isRead'])
@Index(['userId', 'id'])
@Unique(['userId', 'sourceEventId'])
@Check('notifications_payload_json_check', `jsonb_typeof(payload_json) = 'object'`)
export class Notification {
  @PrimaryColumn({ type: 'uuid' })
  id!: NotificationId;

  @Index('notifications_unread_idx', { where: 'not is_read' })
  @Column({ name: 'user_id', type: 'uuid' })
  @ForeignKey(() => User, { onDelete: 'CASCADE' })
  userId!: UserId;

  @Column({ type: 'enum', enum: notificationTypes, enumName: 'notification_type' })
  type!: NotificationType;

  /** Ids and titles, enough to render and to link; never a body of text. */
  @DataClass('private')
  @Column({ name: 'payload_json', type: 'jsonb', default: {} })
  payload!: Record<string, unknown>;

  @Column({ name: 'is_read', type: 'boolean', default: false })
  isRead!: boolean;

  /** The event that caused it, so that a replay of events notifies nobody twice. */
  @Column({ name: 'source_event_id', type: 'uuid', nullable: true })
  sourceEventId!: EventId | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
