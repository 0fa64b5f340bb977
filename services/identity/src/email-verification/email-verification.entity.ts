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
  Unique,
  UpdateDateColumn,
} from 'typeorm';
import { User } from '../users/user.entity.ts';

/** A link by which somebody proves that an address is theirs. It goes when it, or another of theirs, was followed. */
@Entity({ name: 'email_verifications' })
@Unique('email_verifications_token_hash_key', ['tokenHash'])
@Check('email_verifications_token_hash_check', `token_hash ~ '^[0-9a-f]{64}$'`)
export class EmailVerification {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Index()
  @Column({ name: 'user_id', type: 'uuid' })
  @ForeignKey(() => User, { onDelete: 'CASCADE' })
  userId!: UserId;

  /** SHA-256 of the token in the mail, hex; null until it is mailed. */
  @DataClass('secret-hash')
  @Column({ name: 'token_hash', type: 'text', nullable: true })
  tokenHash!: string | null;

  @Index()
  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt!: Date;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
