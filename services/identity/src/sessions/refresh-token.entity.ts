import type { RefreshTokenId, SessionId, UserId } from '@hivesync/contracts';
import { DataClass } from '@hivesync/database';
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
import { User } from '../users/user.entity.ts';
import { Session } from './session.entity.ts';

/** A single-use token that buys the next pair. Each points at the one that bought it: a chain, of which the latest are kept. */
@Entity({ name: 'refresh_tokens' })
@Unique(['tokenHash'])
@Check('refresh_tokens_token_hash_check', `token_hash ~ '^[0-9a-f]{64}$'`)
export class RefreshToken {
  @PrimaryColumn({ type: 'uuid' })
  id!: RefreshTokenId;

  @Index()
  @Column({ name: 'user_id', type: 'uuid' })
  @ForeignKey(() => User, { onDelete: 'CASCADE' })
  userId!: UserId;

  @Index()
  @Column({ name: 'session_id', type: 'uuid' })
  @ForeignKey(() => Session)
  sessionId!: SessionId;

  @Index()
  @Column({ name: 'parent_id', type: 'uuid', nullable: true })
  @ForeignKey(() => RefreshToken, { onDelete: 'SET NULL' })
  parentId!: RefreshTokenId | null;

  /** 1 for the token of the login; null where a version before this column wrote it. */
  @Column({ type: 'integer', nullable: true })
  generation!: number | null;

  /** SHA-256 of the token, hex. */
  @DataClass('secret-hash')
  @Column({ name: 'token_hash', type: 'text' })
  tokenHash!: string;

  @Index()
  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;

  /** When it was first used; null while it waits. */
  @Column({ name: 'used_at', type: 'timestamptz', nullable: true })
  usedAt!: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
