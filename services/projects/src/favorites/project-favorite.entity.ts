import type { ProjectId, UserId } from '@hivesync/contracts';
import { References } from '@hivesync/database';
import { CreateDateColumn, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { TeamMember } from '../members/team-member.entity.ts';
import { Project } from '../projects/project.entity.ts';
import { UserRef } from '../references/user-ref.entity.ts';

/** A project that one of its members marked. It goes with the membership. */
@Entity({ name: 'project_favorites' })
@ForeignKey(() => TeamMember, ['projectId', 'userId'], ['projectId', 'userId'], {
  name: 'project_favorites_project_id_user_id_fkey',
  onDelete: 'CASCADE',
})
@Index('project_favorites_project_id_user_id_idx', ['projectId', 'userId'])
export class ProjectFavorite {
  @PrimaryColumn({ type: 'uuid', name: 'user_id', primaryKeyConstraintName: 'project_favorites_pkey' })
  @References(() => UserRef, { onDelete: 'cascade' })
  userId!: UserId;

  @PrimaryColumn({ type: 'uuid', name: 'project_id', primaryKeyConstraintName: 'project_favorites_pkey' })
  @ForeignKey(() => Project, { name: 'project_favorites_project_id_fkey' })
  projectId!: ProjectId;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;
}
