import type { SampleProjectId } from '@hivesync/contracts';
import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  Index,
  PrimaryColumn,
  Unique,
  UpdateDateColumn,
} from 'typeorm';
import { semver } from './semver.ts';

/** A project to learn from, as a ZIP. `active` is false once it is retired. */
@Entity({ name: 'sample_projects' })
@Unique('sample_projects_slug_idx', ['slug'])
@Check('sample_projects_name_check', 'char_length(name) between 1 and 200')
@Check('sample_projects_slug_check', `slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and char_length(slug) <= 200`)
@Check('sample_projects_description_check', 'char_length(description) <= 50000')
@Check('sample_projects_framework_check', `framework ~ '^[a-z][a-z0-9_]{0,49}$'`)
@Check('sample_projects_version_check', `version ~ '${semver}' and char_length(version) <= 200`)
@Check('sample_projects_archive_url_check', 'char_length(archive_url) between 1 and 2048')
@Check('sample_projects_size_kb_check', 'size_kb >= 0')
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
