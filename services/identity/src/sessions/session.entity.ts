import type { DeviceSessionId, SessionId, UserId } from '@hivesync/contracts';
import { DataClass } from '@hivesync/database';
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
import { User } from '../users/user.entity.ts';
import { DeviceSession } from './device-session.entity.ts';

export const sessionEndReasons = ['logout', 'revoked', 'token_reuse', 'account_deleted', 'expired'] as const;
export type SessionEndReason = (typeof sessionEndReasons)[number];

/** One login, from which access tokens are drawn until it is ended or its last refresh token has run out. */
@Entity({ name: 'sessions' })
@Index(['userId', 'id'])
@Index(['userId', 'ipAddress'])
@Check('sessions_user_agent_check', 'char_length(user_agent) <= 500')
@Check('sessions_end_check', '(ended_at is null) = (end_reason is null)')
export class Session {
  @PrimaryColumn({ type: 'uuid' })
  id!: SessionId;

  @Column({ name: 'user_id', type: 'uuid' })
  @ForeignKey(() => User, { onDelete: 'CASCADE' })
  userId!: UserId;

  @Index()
  @Column({ name: 'device_session_id', type: 'uuid', nullable: true })
  @ForeignKey(() => DeviceSession, { onDelete: 'SET NULL' })
  deviceSessionId!: DeviceSessionId | null;

  @DataClass('personal')
  @Column({ name: 'ip_address', type: 'inet', nullable: true })
  ipAddress!: string | null;

  @DataClass('personal')
  @Column({ name: 'user_agent', type: 'text', nullable: true })
  userAgent!: string | null;

  /** Unseen device together with an unseen network, or a login after repeated failures. */
  @Column({ type: 'boolean', default: false })
  suspicious!: boolean;

  @Index({ where: 'ended_at is null' })
  @Column({ name: 'last_seen', type: 'timestamptz', default: () => 'now()' })
  lastSeen!: Date;

  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt!: Date | null;

  @Column({
    name: 'end_reason',
    type: 'enum',
    enum: sessionEndReasons,
    enumName: 'session_end_reason',
    nullable: true,
  })
  endReason!: SessionEndReason | null;

  @Index({ where: 'ended_at is null' })
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
