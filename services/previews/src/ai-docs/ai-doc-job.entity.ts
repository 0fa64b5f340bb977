import {
  type AiDocJobId,
  type JobStatus,
  jobStatuses,
  type ProjectId,
  type Tier,
  tiers,
  type UserId,
} from '@hivesync/contracts';
import { DataClass, References } from '@hivesync/database';
import { Check, Column, CreateDateColumn, Entity, Index, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import { ProjectRef } from '../references/project-ref.entity.ts';
import { UserRef } from '../references/user-ref.entity.ts';

/** One request to document a file. */
@Entity({ name: 'ai_doc_jobs' })
@Index('ai_doc_jobs_project_id_created_at_id_idx', ['projectId', 'createdAt', 'id'])
@Index('ai_doc_jobs_requester_id_idx', ['requesterId'])
@Check('ai_doc_jobs_file_path_check', 'char_length(file_path) between 1 and 1024')
@Check(
  'ai_doc_jobs_completed_at_check',
  `(completed_at is not null) = (status in ('succeeded', 'failed', 'canceled'))`,
)
export class AiDocJob {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'ai_doc_jobs_pkey' })
  id!: AiDocJobId;

  @Column({ type: 'uuid', name: 'project_id' })
  @References(() => ProjectRef, { onDelete: 'cascade' })
  projectId!: ProjectId;

  @Column({ type: 'text', name: 'file_path' })
  @DataClass('private')
  filePath!: string;

  @Column({ type: 'uuid', name: 'requester_id' })
  @References(() => UserRef, { onDelete: 'keep' })
  requesterId!: UserId;

  /** The requester's tier when the job was made. */
  @Column({ type: 'enum', enumName: 'tier', enum: tiers })
  tier!: Tier;

  @Column({ type: 'enum', enumName: 'job_status', enum: jobStatuses, default: 'queued' })
  status!: JobStatus;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;

  @Column({ type: 'timestamptz', name: 'completed_at', nullable: true })
  completedAt!: Date | null;
}
