import type { ProjectId, TaskId, TaskLabelId } from '@hivesync/contracts';
import { Column, CreateDateColumn, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Task } from '../tasks/task.entity.ts';
import { TaskLabel } from './task-label.entity.ts';

/** A label on a task. `projectId` is part of both keys: they belong to one project. */
@Entity({ name: 'task_label_links' })
@ForeignKey(() => Task, ['projectId', 'taskId'], ['projectId', 'id'], {
  name: 'task_label_links_project_id_task_id_fkey',
  onDelete: 'CASCADE',
})
@ForeignKey(() => TaskLabel, ['projectId', 'labelId'], ['projectId', 'id'], {
  name: 'task_label_links_project_id_label_id_fkey',
  onDelete: 'CASCADE',
})
@Index('task_label_links_project_id_task_id_idx', ['projectId', 'taskId'])
@Index('task_label_links_project_id_label_id_idx', ['projectId', 'labelId'])
export class TaskLabelLink {
  @PrimaryColumn({ type: 'uuid', name: 'task_id', primaryKeyConstraintName: 'task_label_links_pkey' })
  taskId!: TaskId;

  @PrimaryColumn({ type: 'uuid', name: 'label_id', primaryKeyConstraintName: 'task_label_links_pkey' })
  labelId!: TaskLabelId;

  @Column({ type: 'uuid', name: 'project_id' })
  projectId!: ProjectId;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;
}
