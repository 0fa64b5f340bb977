import type { ProjectId, ProjectTagId } from '@hivesync/contracts';
import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  ForeignKey,
  PrimaryColumn,
  Unique,
  UpdateDateColumn,
} from 'typeorm';
import { Project } from '../projects/project.entity.ts';

@Entity({ name: 'project_tags' })
@Unique('project_tags_project_id_name_key', ['projectId', 'name'])
@Check('project_tags_name_check', 'char_length(name) between 1 and 200')
@Check('project_tags_color_check', `color ~ '^#[0-9a-f]{6}$'`)
export class ProjectTag {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'project_tags_pkey' })
  id!: ProjectTagId;

  @Column({ type: 'uuid', name: 'project_id' })
  @ForeignKey(() => Project, { name: 'project_tags_project_id_fkey' })
  projectId!: ProjectId;

  @Column({ type: 'text' })
  name!: string;

  /** `#rrggbb`, lower case. */
  @Column({ type: 'text' })
  color!: string;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
