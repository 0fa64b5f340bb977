import {
  type CommentEntityType,
  type CommentId,
  commentEntityTypes,
  type ProjectId,
  type TaskId,
  type UserId,
} from '@hivesync/contracts';
import { DataClass, References } from '@hivesync/database';
import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  ForeignKey,
  Index,
  PrimaryColumn,
  UpdateDateColumn,
} from 'typeorm';
import { Project } from '../projects/project.entity.ts';
import { UserRef } from '../references/user-ref.entity.ts';
import { Task } from '../tasks/task.entity.ts';

@Entity({ name: 'comments' })
@ForeignKey(() => Task, ['projectId', 'taskId'], ['projectId', 'id'], {
  name: 'comments_project_id_task_id_fkey',
  onDelete: 'CASCADE',
})
@Index('comments_project_id_created_at_idx', ['projectId', 'createdAt', 'id'])
@Index('comments_project_id_task_id_idx', ['projectId', 'taskId'])
@Index('comments_entity_idx', ['entityId', 'createdAt', 'id'])
@Index('comments_body_trgm_idx', ['body'], { type: 'gin' })
@Index('comments_body_folded_trgm_idx', ['bodyFolded'], { type: 'gin' })
@Index('comments_unfolded_idx', ['id'], { where: 'body_folded is null' })
@Check(
  'comments_entity_check',
  `case when entity_type = 'code' then entity_id is null and num_nonnulls(file_path, line) = 2 else entity_id is not null and num_nonnulls(file_path, line) = 0 end`,
)
@Check('comments_project_entity_check', `entity_type <> 'project' or entity_id = project_id`)
@Check('comments_file_path_check', 'char_length(file_path) between 1 and 1024')
@Check('comments_line_check', 'line > 0')
@Check('comments_body_check', 'char_length(body) between 1 and 20000')
export class Comment {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'comments_pkey' })
  id!: CommentId;

  @Column({ type: 'uuid', name: 'project_id' })
  @ForeignKey(() => Project, { name: 'comments_project_id_fkey' })
  projectId!: ProjectId;

  /** The first comment of the thread; null for the first comment itself. */
  @Index('comments_parent_id_idx')
  @Column({ type: 'uuid', name: 'parent_id', nullable: true })
  @ForeignKey(() => Comment, { name: 'comments_parent_id_fkey' })
  parentId!: CommentId | null;

  @Column({
    type: 'enum',
    name: 'entity_type',
    enumName: 'comment_entity_type',
    enum: commentEntityTypes,
  })
  entityType!: CommentEntityType;

  /** What the comment is about; null where that is code, which has a path and a line but no id. */
  @Column({ type: 'uuid', name: 'entity_id', nullable: true })
  entityId!: string | null;

  /** `entityId` where it is a task: computed by the database, so that it can be a key. */
  @Column({
    type: 'uuid',
    name: 'task_id',
    nullable: true,
    insert: false,
    update: false,
    generatedType: 'STORED',
    asExpression: `case when entity_type = 'task' then entity_id end`,
  })
  taskId!: TaskId | null;

  @Column({ type: 'text', name: 'file_path', nullable: true })
  filePath!: string | null;

  /** Counted from 1. */
  @Column({ type: 'integer', nullable: true })
  line!: number | null;

  @Index('comments_author_id_idx')
  @Column({ type: 'uuid', name: 'author_id' })
  @References(() => UserRef, { onDelete: 'keep' })
  authorId!: UserId;

  @Column({ type: 'text' })
  @DataClass('private')
  body!: string;

  /** The same folded (`folding.ts`), for the search; null until it is. */
  @Column({ type: 'text', name: 'body_folded', nullable: true })
  @DataClass('private')
  bodyFolded!: string | null;

  @Column({ type: 'boolean', name: 'is_starred', default: false })
  isStarred!: boolean;

  @Column({ type: 'integer', default: 1 })
  version!: number;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
