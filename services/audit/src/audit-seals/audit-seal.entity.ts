import type { AuditSealId } from '@hivesync/contracts';
import { Check, Column, CreateDateColumn, Entity, PrimaryColumn, Unique } from 'typeorm';

/**
 * One link of the chain that makes tampering with the log evident: a batch of rows, hashed over the hash of
 * the seal before it, signed. Append-only as the log itself.
 */
@Entity({ name: 'audit_seals' })
@Unique('audit_seals_sequence_key', ['sequence'])
@Unique('audit_seals_previous_hash_key', ['previousHash'])
@Check('audit_seals_sequence_check', 'sequence > 0')
@Check('audit_seals_range_check', 'from_at <= to_at')
@Check('audit_seals_row_count_check', 'row_count > 0')
@Check('audit_seals_hash_check', 'octet_length(hash) = 32 and octet_length(previous_hash) = 32')
export class AuditSeal {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'audit_seals_pkey' })
  id!: AuditSealId;

  /** 1, 2, 3, ... without a gap. */
  @Column({ type: 'bigint' })
  sequence!: string;

  /** `created_at` of the first and of the last row in the batch. */
  @Column({ type: 'timestamptz', name: 'from_at' })
  fromAt!: Date;

  @Column({ type: 'timestamptz', name: 'to_at' })
  toAt!: Date;

  @Column({ type: 'integer', name: 'row_count' })
  rowCount!: number;

  /** SHA-256 over the previous hash and the batch. */
  @Column({ type: 'bytea' })
  hash!: Buffer;

  /** Of the seal before it; 32 zero bytes for the first. Unique: the chain cannot fork. */
  @Column({ type: 'bytea', name: 'previous_hash' })
  previousHash!: Buffer;

  /** Ed25519 over the hash. */
  @Column({ type: 'bytea' })
  signature!: Buffer;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;
}
