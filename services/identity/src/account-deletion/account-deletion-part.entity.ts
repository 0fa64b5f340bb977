import type { ServiceName, UserId } from '@hivesync/contracts';
import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  ForeignKey,
  PrimaryColumn,
  UpdateDateColumn,
} from 'typeorm';
import { AccountDeletion } from './account-deletion.entity.ts';

/** What one service has removed of a deleted account; written when that service says so. */
@Entity({ name: 'account_deletion_parts' })
@Check('account_deletion_parts_removed_check', `jsonb_typeof(removed) = 'object'`)
export class AccountDeletionPart {
  @PrimaryColumn({ name: 'user_id', type: 'uuid' })
  @ForeignKey(() => AccountDeletion)
  userId!: UserId;

  @PrimaryColumn({ type: 'text' })
  service!: ServiceName;

  @Column({ type: 'jsonb', default: {} })
  removed!: Record<string, number>;

  @Column({ name: 'longest_lock_ms', type: 'integer', nullable: true })
  longestLockMs!: number | null;

  @Column({ name: 'completed_at', type: 'timestamptz', nullable: true })
  completedAt!: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
