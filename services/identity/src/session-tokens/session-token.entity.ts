import type { UserId } from '@hivesync/contracts';
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

/** A one-time login: single use, 60 to 120 seconds. */
@Entity({ name: 'session_tokens' })
@Check('session_tokens_token_check', `token ~ '^[0-9a-f]{64}$'`)
export class SessionToken {
  /** SHA-256 of the token, hex; the token itself is shown once and kept nowhere. */
  @DataClass('secret-hash')
  @PrimaryColumn({ type: 'text' })
  token!: string;

  @Index()
  @Column({ name: 'user_id', type: 'uuid' })
  @ForeignKey(() => User, { onDelete: 'CASCADE' })
  userId!: UserId;

  @Index()
  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;

  @Index({ where: 'used = false' })
  @Column({ type: 'boolean', default: false })
  used!: boolean;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
