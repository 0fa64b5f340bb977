import type { TaskId, UserId } from '@hivesync/contracts';
import { References } from '@hivesync/database';
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
import { UserRef } from '../references/user-ref.entity.ts';
import { Task } from '../tasks/task.entity.ts';

/** A file that may be uploaded, or waits to be attached. Its object goes with it, unless an attachment has taken it over. */
@Entity({ name: 'object_uploads' })
@Check('object_uploads_object_key_check', 'char_length(object_key) between 1 and 1024')
@Check('object_uploads_name_check', 'char_length(name) <= 200')
@Check('object_uploads_size_bytes_check', 'size_bytes > 0')
@Check('object_uploads_content_type_check', 'char_length(content_type) between 3 and 127')
export class ObjectUpload {
  @PrimaryColumn({ type: 'text', name: 'object_key', primaryKeyConstraintName: 'object_uploads_pkey' })
  objectKey!: string;

  @Index('object_uploads_task_id_idx')
  @Column({ type: 'uuid', name: 'task_id' })
  @ForeignKey(() => Task, { name: 'object_uploads_task_id_fkey', onDelete: 'CASCADE' })
  taskId!: TaskId;

  @Index('object_uploads_requested_by_idx')
  @Column({ type: 'uuid', name: 'requested_by' })
  @References(() => UserRef, { onDelete: 'cascade' })
  requestedBy!: UserId;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'bigint', name: 'size_bytes' })
  sizeBytes!: string;

  @Column({ type: 'text', name: 'content_type', nullable: true })
  contentType!: string | null;

  @Column({ type: 'timestamptz', name: 'received_at', nullable: true })
  receivedAt!: Date | null;

  @Index('object_uploads_expires_at_idx')
  @Column({ type: 'timestamptz', name: 'expires_at' })
  expiresAt!: Date;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
