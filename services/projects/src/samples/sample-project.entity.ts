import type { SampleProjectId } from '@hivesync/contracts';
import { Column, CreateDateColumn, Entity, Index, PrimaryColumn, Unique, UpdateDateColumn } from 'typeorm';

/** A project to learn from, as a ZIP. `active` is false once it is retired. */
@Entity({ name: 'sample_projects' })
@Unique('sample_projects_slug_idx', ['slug'])
export class SampleProject {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'sample_projects_pkey' })
  id!: SampleProjectId;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  slug!: string;

  @Column({ type: 'text', default: '' })
  description!: string;

  @Index('sample_projects_framework_idx')
  @Column({ type: 'text' })
  framework!: string;

  /** Semantic version 2.0. */
  @Column({ type: 'text' })
  version!: string;

  @Column({ type: 'text', name: 'archive_url' })
  archiveUrl!: string;

  @Column({ type: 'integer', name: 'size_kb', nullable: true })
  sizeKb!: number | null;

  @Column({ type: 'boolean', default: false })
  featured!: boolean;

  @Index('sample_projects_active_idx')
  @Column({ type: 'boolean', default: true })
  active!: boolean;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
