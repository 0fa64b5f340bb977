import type { TaskAttachmentId, TaskId, UserId } from '@hivesync/contracts';
import { References } from '@hivesync/database';
import { Check, Column, CreateDateColumn, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { UserRef } from '../references/user-ref.entity.ts';
import { Task } from '../tasks/task.entity.ts';

/** A file of ours (`r2Key`) or a link to one elsewhere (`externalUrl`): exactly one of the two. */
@Entity({ name: 'task_attachments' })
@Index('task_attachments_task_id_idx', ['taskId', 'uploadedAt', 'id'])
@Check('task_attachments_location_check', 'num_nonnulls(r2_key, external_url) = 1')
@Check('task_attachments_name_check', 'char_length(name) <= 200')
@Check('task_attachments_r2_key_check', 'char_length(r2_key) between 1 and 1024')
@Check(
  'task_attachments_external_url_check',
  `external_url ~ '^https://' and char_length(external_url) <= 2048`,
)
@Check('task_attachments_size_bytes_check', 'size_bytes > 0')
@Check('task_attachments_content_type_check', 'char_length(content_type) between 3 and 127')
@Check('task_attachments_file_check', 'r2_key is not null or num_nonnulls(size_bytes, content_type) = 0')
export class TaskAttachment {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'task_attachments_pkey' })
  id!: TaskAttachmentId;

  @Column({ type: 'uuid', name: 'task_id' })
  @ForeignKey(() => Task, { name: 'task_attachments_task_id_fkey', onDelete: 'CASCADE' })
  taskId!: TaskId;

  @Column({ type: 'text', default: '' })
  name!: string;

  @Index('task_attachments_r2_key_idx', { unique: true })
  @Column({ type: 'text', name: 'r2_key', nullable: true })
  r2Key!: string | null;

  @Column({ type: 'text', name: 'external_url', nullable: true })
  externalUrl!: string | null;

  @Column({ type: 'bigint', name: 'size_bytes', nullable: true })
  sizeBytes!: string | null;

  @Column({ type: 'text', name: 'content_type', nullable: true })
  contentType!: string | null;

  @Index('task_attachments_uploaded_by_idx')
  @Column({ type: 'uuid', name: 'uploaded_by' })
  @References(() => UserRef, { onDelete: 'keep' })
  uploadedBy!: UserId;

  @Column({ type: 'timestamptz', name: 'uploaded_at', default: () => 'now()' })
  uploadedAt!: Date;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;
}
