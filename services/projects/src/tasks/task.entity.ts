import { type ProjectId, type TaskId, type TaskStatus, taskStatuses, type UserId } from '@hivesync/contracts';
import { DataClass, References } from '@hivesync/database';
import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  ForeignKey,
  Index,
  PrimaryColumn,
  Unique,
  UpdateDateColumn,
} from 'typeorm';
import { TeamMember } from '../members/team-member.entity.ts';
import { Project } from '../projects/project.entity.ts';
import { UserRef } from '../references/user-ref.entity.ts';

@Entity({ name: 'tasks' })
@Unique('tasks_project_id_id_key', ['projectId', 'id'])
@Unique('tasks_project_id_number_key', ['projectId', 'number'])
@ForeignKey(() => TeamMember, ['projectId', 'assigneeId'], ['projectId', 'userId'], {
  name: 'tasks_project_id_assignee_id_fkey',
  onDelete: 'SET NULL',
})
@Index('tasks_project_id_assignee_id_idx', ['projectId', 'assigneeId'])
@Index('tasks_project_id_created_at_idx', ['projectId', 'createdAt', 'id'])
@Index('tasks_project_id_updated_at_idx', ['projectId', 'updatedAt', 'id'])
@Index('tasks_project_id_due_date_idx', ['projectId', 'dueDate', 'id'])
@Index('tasks_open_idx', ['projectId'], { where: `status <> 'done'` })
@Index('tasks_title_trgm_idx', ['title'], { type: 'gin' })
@Index('tasks_title_folded_trgm_idx', ['titleFolded'], { type: 'gin' })
@Index('tasks_unfolded_idx', ['id'], { where: 'title_folded is null' })
@Check('tasks_number_check', 'number > 0')
@Check('tasks_title_check', 'char_length(title) between 1 and 500')
@Check('tasks_description_check', 'char_length(description) <= 50000')
export class Task {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'tasks_pkey' })
  id!: TaskId;

  @Column({ type: 'uuid', name: 'project_id' })
  @ForeignKey(() => Project, { name: 'tasks_project_id_fkey' })
  projectId!: ProjectId;

  @Column({ type: 'integer' })
  number!: number;

  @Column({ type: 'text' })
  @DataClass('private')
  title!: string;

  /** The same folded (`folding.ts`), for the search; null until it is. */
  @Column({ type: 'text', name: 'title_folded', nullable: true })
  @DataClass('private')
  titleFolded!: string | null;

  @Column({ type: 'text', default: '' })
  @DataClass('private')
  description!: string;

  @Column({ type: 'enum', enumName: 'task_status', enum: taskStatuses, default: 'open' })
  status!: TaskStatus;

  /** A member of the project, by key. */
  @Index('tasks_assignee_id_idx')
  @Column({ type: 'uuid', name: 'assignee_id', nullable: true })
  @References(() => UserRef, { onDelete: 'set null', exports: 'reference' })
  assigneeId!: UserId | null;

  /** A calendar day, `yyyy-mm-dd`, without a time zone. */
  @Column({ type: 'date', name: 'due_date', nullable: true })
  dueDate!: string | null;

  @Index('tasks_created_by_idx')
  @Column({ type: 'uuid', name: 'created_by' })
  @References(() => UserRef, { onDelete: 'keep', exports: 'reference' })
  createdBy!: UserId;

  @Column({ type: 'integer', default: 1 })
  version!: number;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
