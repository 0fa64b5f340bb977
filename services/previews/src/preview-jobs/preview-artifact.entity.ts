import type { PreviewArtifactId, PreviewJobId } from '@hivesync/contracts';
import { Check, Column, CreateDateColumn, Entity, ForeignKey, PrimaryColumn, Unique } from 'typeorm';
import { PreviewJob } from './preview-job.entity.ts';

/** One object that a preview produced: a layout or an asset. Never changed; a newer one has the next version. */
@Entity({ name: 'preview_artifacts' })
@Unique('preview_artifacts_job_id_r2_key_version_key', ['jobId', 'r2Key', 'version'])
@Check('preview_artifacts_version_check', 'version > 0')
export class PreviewArtifact {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'preview_artifacts_pkey' })
  id!: PreviewArtifactId;

  @Column({ type: 'uuid', name: 'job_id' })
  @ForeignKey(() => PreviewJob, { name: 'preview_artifacts_job_id_fkey', onDelete: 'CASCADE' })
  jobId!: PreviewJobId;

  /** Key of the object, made by the platform and never from text of a user. */
  @Column({ type: 'text', name: 'r2_key' })
  r2Key!: string;

  @Column({ type: 'integer', default: 1 })
  version!: number;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;
}
