import type { UserId } from '@hivesync/contracts';
import { DataClass } from '@hivesync/database';
import { Check, Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** The report on a deleted account. The user is gone, so there is no key to it. */
@Entity({ name: 'account_deletions' })
@Check('account_deletions_receipt_hash_check', `receipt_hash ~ '^[0-9a-f]{64}$'`)
export class AccountDeletion {
  @PrimaryColumn({ name: 'user_id', type: 'uuid' })
  userId!: UserId;

  /** SHA-256 of the receipt, hex: who holds the receipt may read the report. */
  @DataClass('secret-hash')
  @Column({ name: 'receipt_hash', type: 'text' })
  receiptHash!: string;

  @Column({ name: 'requested_at', type: 'timestamptz', default: () => 'now()' })
  requestedAt!: Date;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}
