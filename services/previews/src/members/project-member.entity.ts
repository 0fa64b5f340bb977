import {
  type MemberRole,
  memberRoles,
  type ProjectId,
  type TeamMemberId,
  type UserId,
} from '@hivesync/contracts';
import { References } from '@hivesync/database';
import { Column, CreateDateColumn, Entity, Index, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import { ProjectRef } from '../references/project-ref.entity.ts';
import { UserRef } from '../references/user-ref.entity.ts';

/** Who is a member of what: a read model of projects' `team_members`, kept by its events. */
@Entity({ name: 'project_members' })
@Index('project_members_project_id_user_id_key', ['projectId', 'userId'], { unique: true })
@Index('project_members_user_id_idx', ['userId'])
export class ProjectMember {
  /** Id of the membership at its owner, so that an old departure cannot end a newer membership. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'project_members_pkey' })
  id!: TeamMemberId;

  @Column({ type: 'uuid', name: 'project_id' })
  @References(() => ProjectRef, { onDelete: 'cascade' })
  projectId!: ProjectId;

  @Column({ type: 'uuid', name: 'user_id' })
  @References(() => UserRef, { onDelete: 'cascade' })
  userId!: UserId;

  @Column({ type: 'enum', enumName: 'member_role', enum: memberRoles })
  role!: MemberRole;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
