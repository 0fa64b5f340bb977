import type { ProjectId, TaskLabelId } from '@hivesync/contracts';
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

@Entity({ name: 'task_labels' })
@Unique('task_labels_project_id_id_key', ['projectId', 'id'])
@Unique('task_labels_project_id_name_key', ['projectId', 'name'])
@Check('task_labels_name_check', 'char_length(name) between 1 and 200')
@Check('task_labels_color_check', `color ~ '^#[0-9a-f]{6}$'`)
export class TaskLabel {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'task_labels_pkey' })
  id!: TaskLabelId;

  @Column({ type: 'uuid', name: 'project_id' })
  @ForeignKey(() => Project, { name: 'task_labels_project_id_fkey' })
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
