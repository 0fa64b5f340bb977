import type { ApiKeyId, UserId } from '@hivesync/contracts';
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

export const apiKeyScopes = ['read', 'write'] as const;
export type ApiKeyScope = (typeof apiKeyScopes)[number];

/** A key with which a program acts as its user. */
@Entity({ name: 'api_keys' })
@Unique(['hashedKey'])
@Check('api_keys_name_check', 'char_length(name) between 1 and 200')
@Check('api_keys_prefix_check', `prefix ~ '^hsk_[0-9A-Za-z]{1,8}$'`)
@Check('api_keys_hashed_key_check', `hashed_key ~ '^[0-9a-f]{64}$'`)
@Check('api_keys_scopes_check', `cardinality(scopes) > 0 and scopes <@ array['read', 'write']::text[]`)
export class ApiKey {
  @PrimaryColumn({ type: 'uuid' })
  id!: ApiKeyId;

  @Index()
  @Column({ name: 'user_id', type: 'uuid' })
  @ForeignKey(() => User, { onDelete: 'CASCADE' })
  userId!: UserId;

  @Column({ type: 'text' })
  name!: string;

  /** `hsk_` and the first characters, to know a key by in a list. */
  @Column({ type: 'text' })
  prefix!: string;

  /** SHA-256 of the key, hex. */
  @DataClass('secret-hash')
  @Column({ name: 'hashed_key', type: 'text' })
  hashedKey!: string;

  @Column({ type: 'text', array: true, default: () => "'{read}'" })
  scopes!: ApiKeyScope[];

  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt!: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt!: Date | null;

  @Column({ name: 'last_used_at', type: 'timestamptz', nullable: true })
  lastUsedAt!: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
