import type { ProjectId, TeamMemberId, UserId } from '@hivesync/contracts';
import { References } from '@hivesync/database';
import { Column, CreateDateColumn, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { Project } from '../projects/project.entity.ts';
import { UserRef } from '../references/user-ref.entity.ts';

/** Membership. The owner has a row too; the role is not stored here but follows from `projects.owner_id`. */
@Entity({ name: 'team_members' })
@Unique('team_members_project_id_user_id_key', ['projectId', 'userId'])
export class TeamMember {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'team_members_pkey' })
  id!: TeamMemberId;

  @Column({ type: 'uuid', name: 'project_id' })
  @ForeignKey(() => Project, { name: 'team_members_project_id_fkey' })
  projectId!: ProjectId;

  @Index('team_members_user_id_idx')
  @Column({ type: 'uuid', name: 'user_id' })
  @References(() => UserRef, { onDelete: 'cascade' })
  userId!: UserId;

  @Column({ type: 'timestamptz', name: 'joined_at', default: () => 'now()' })
  joinedAt!: Date;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;
}
