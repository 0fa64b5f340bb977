import type { ProjectId, ProjectTagId } from '@hivesync/contracts';
import {
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
