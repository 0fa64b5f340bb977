import type { AiDocHistoryId, AiDocJobId } from '@hivesync/contracts';
import { DataClass } from '@hivesync/database';
import { Column, CreateDateColumn, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { AiDocJob } from './ai-doc-job.entity.ts';

/** What a documentation job wrote. Holds users' text and code: it goes with its job. */
@Entity({ name: 'ai_doc_history' })
@Index('ai_doc_history_job_id_idx', ['jobId'])
export class AiDocHistory {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'ai_doc_history_pkey' })
  id!: AiDocHistoryId;

  @Column({ type: 'uuid', name: 'job_id' })
  @ForeignKey(() => AiDocJob, { name: 'ai_doc_history_job_id_fkey', onDelete: 'CASCADE' })
  jobId!: AiDocJobId;

  @Column({ type: 'text' })
  @DataClass('private')
  summary!: string;

  @Column({ type: 'text', nullable: true })
  @DataClass('private')
  diff!: string | null;

  @Column({ type: 'text', nullable: true })
  @DataClass('private')
  snippet!: string | null;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;
}
