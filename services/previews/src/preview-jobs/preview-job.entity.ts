import {
  type DeviceType,
  deviceTypes,
  type JobErrorCode,
  type JobStatus,
  jobErrorCodes,
  jobStatuses,
  type PreviewJobId,
  type ProjectId,
  type Tier,
  tiers,
  type UserId,
  type WorkerNodeId,
} from '@hivesync/contracts';
import { References } from '@hivesync/database';
import { Check, Column, CreateDateColumn, Entity, Index, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import { ProjectRef } from '../references/project-ref.entity.ts';
import { UserRef } from '../references/user-ref.entity.ts';
import { WorkerRef } from '../references/worker-ref.entity.ts';

/** One request for a preview of a mobile screen. */
@Entity({ name: 'preview_jobs' })
@Index('preview_jobs_project_id_created_at_id_idx', ['projectId', 'createdAt', 'id'])
@Index('preview_jobs_requested_by_idx', ['requestedBy'])
@Index('preview_jobs_worker_id_idx', ['workerId'])
@Check(
  'preview_jobs_completed_at_check',
  `(completed_at is not null) = (status in ('succeeded', 'failed', 'canceled'))`,
)
@Check('preview_jobs_error_code_check', `error_code is null or status in ('failed', 'canceled')`)
export class PreviewJob {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'preview_jobs_pkey' })
  id!: PreviewJobId;

  @Column({ type: 'uuid', name: 'project_id' })
  @References(() => ProjectRef, { onDelete: 'cascade' })
  projectId!: ProjectId;

  @Column({ type: 'uuid', name: 'requested_by' })
  @References(() => UserRef, { onDelete: 'keep' })
  requestedBy!: UserId;

  /** The requester's tier when the job was made: a later downgrade does not touch running work. */
  @Column({ type: 'enum', enumName: 'tier', enum: tiers })
  tier!: Tier;

  @Column({ type: 'enum', enumName: 'job_status', enum: jobStatuses, default: 'queued' })
  status!: JobStatus;

  @Column({ type: 'enum', name: 'device_type', enumName: 'device_type', enum: deviceTypes })
  deviceType!: DeviceType;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;

  @Column({ type: 'timestamptz', name: 'completed_at', nullable: true })
  completedAt!: Date | null;

  @Column({ type: 'uuid', name: 'worker_id', nullable: true })
  @References(() => WorkerRef, { onDelete: 'keep' })
  workerId!: WorkerNodeId | null;

  @Column({
    type: 'enum',
    name: 'error_code',
    enumName: 'job_error_code',
    enum: jobErrorCodes,
    nullable: true,
  })
  errorCode!: JobErrorCode | null;
}
