import type { InvitationId, ProjectId, UserId } from '@hivesync/contracts';
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
import { Project } from '../projects/project.entity.ts';
import { UserRef } from '../references/user-ref.entity.ts';

/** A pending invitation. It is deleted when it is answered, and the address with it. */
@Entity({ name: 'team_invitations' })
@Unique('team_invitations_project_id_email_key', ['projectId', 'email'])
@Check('team_invitations_email_check', 'email = lower(email) and char_length(email) between 3 and 320')
export class TeamInvitation {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'team_invitations_pkey' })
  id!: InvitationId;

  @Column({ type: 'uuid', name: 'project_id' })
  @ForeignKey(() => Project, { name: 'team_invitations_project_id_fkey' })
  projectId!: ProjectId;

  /** Personal data, lower case. Shown to the project's owner only, who wrote it. */
  @Column({ type: 'text' })
  @DataClass('personal')
  email!: string;

  /** Null while the address belongs to nobody. Never shown: it would tell who has an account. */
  @Index('team_invitations_user_id_idx')
  @Column({ type: 'uuid', name: 'user_id', nullable: true })
  @References(() => UserRef, { onDelete: 'cascade' })
  userId!: UserId | null;

  @Index('team_invitations_invited_by_idx')
  @Column({ type: 'uuid', name: 'invited_by' })
  @References(() => UserRef, { onDelete: 'keep', exports: 'reference' })
  invitedBy!: UserId;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
