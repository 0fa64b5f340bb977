import type { ProjectId, TaskId } from '@hivesync/contracts';
import { Check, Column, CreateDateColumn, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Task } from '../tasks/task.entity.ts';

/** `taskId` waits for `dependsOnTaskId`, both of one project. */
@Entity({ name: 'task_dependencies' })
@ForeignKey(() => Task, ['projectId', 'taskId'], ['projectId', 'id'], {
  name: 'task_dependencies_project_id_task_id_fkey',
  onDelete: 'CASCADE',
})
@ForeignKey(() => Task, ['projectId', 'dependsOnTaskId'], ['projectId', 'id'], {
  name: 'task_dependencies_project_id_depends_on_task_id_fkey',
  onDelete: 'CASCADE',
})
@Index('task_dependencies_project_id_task_id_idx', ['projectId', 'taskId'])
@Index('task_dependencies_project_id_depends_on_task_id_idx', ['projectId', 'dependsOnTaskId'])
@Check('task_dependencies_not_itself_check', 'task_id <> depends_on_task_id')
export class TaskDependency {
  @PrimaryColumn({ type: 'uuid', name: 'task_id', primaryKeyConstraintName: 'task_dependencies_pkey' })
  taskId!: TaskId;

  @PrimaryColumn({
    type: 'uuid',
    name: 'depends_on_task_id',
    primaryKeyConstraintName: 'task_dependencies_pkey',
  })
  dependsOnTaskId!: TaskId;

  @Column({ type: 'uuid', name: 'project_id' })
  projectId!: ProjectId;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;
}
