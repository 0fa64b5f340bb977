import type { ProjectId, UserId } from '@hivesync/contracts';
import { DataClass, References } from '@hivesync/database';
import { Check, Column, CreateDateColumn, Entity, Index, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import { UserRef } from '../references/user-ref.entity.ts';

@Entity({ name: 'projects' })
@Index('projects_name_trgm_idx', ['name'], { type: 'gin' })
@Index('projects_name_folded_trgm_idx', ['nameFolded'], { type: 'gin' })
@Index('projects_unfolded_idx', ['id'], { where: 'name_folded is null' })
@Check('projects_name_check', 'char_length(name) between 1 and 200')
@Check('projects_description_check', 'char_length(description) <= 50000')
@Check('projects_task_counter_check', 'task_counter >= 0')
export class Project {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'projects_pkey' })
  id!: ProjectId;

  /** When the owner is deleted the project goes with all that belongs to it, in batches (`sweepOwnedProjects`). */
  @Index('projects_owner_id_idx')
  @Column({ type: 'uuid', name: 'owner_id' })
  @References(() => UserRef, { onDelete: 'cascade' })
  ownerId!: UserId;

  @Column({ type: 'text' })
  name!: string;

  /** The same folded (`folding.ts`), for the search; null until it is. */
  @Column({ type: 'text', name: 'name_folded', nullable: true })
  @DataClass('private')
  nameFolded!: string | null;

  @Column({ type: 'text', default: '' })
  @DataClass('private')
  description!: string;

  /** Number of the newest task. It moves in the transaction that makes the task, so numbers have no gaps. */
  @Column({ type: 'integer', name: 'task_counter', default: 0 })
  taskCounter!: number;

  @Column({ type: 'integer', default: 1 })
  version!: number;

  /** When its owner deleted it: nobody sees it from then on. The row goes last. */
  @Column({ type: 'timestamptz', name: 'deleted_at', nullable: true })
  deletedAt!: Date | null;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
