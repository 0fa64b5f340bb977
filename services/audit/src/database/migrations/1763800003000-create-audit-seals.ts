import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateAuditSeals1763800003000 implements MigrationInterface {
  name = 'CreateAuditSeals1763800003000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table audit_seals (
        id uuid not null,
        sequence bigint not null,
        from_at timestamptz not null,
        to_at timestamptz not null,
        row_count integer not null,
        hash bytea not null,
        previous_hash bytea not null,
        signature bytea not null,
        created_at timestamptz not null default now(),
        constraint audit_seals_pkey primary key (id),
        constraint audit_seals_sequence_key unique (sequence),
        constraint audit_seals_previous_hash_key unique (previous_hash),
        constraint audit_seals_sequence_check check (sequence > 0),
        constraint audit_seals_range_check check (from_at <= to_at),
        constraint audit_seals_row_count_check check (row_count > 0),
        constraint audit_seals_hash_check check (octet_length(hash) = 32 and octet_length(previous_hash) = 32)
      )`);
    await runner.query(`
      create trigger audit_seals_refuse_change
      before update or delete on audit_seals
      for each row
      execute function refuse_change()`);
    await runner.query(`
      create trigger audit_seals_refuse_truncate
      before truncate on audit_seals
      for each statement
      execute function refuse_change()`);
    await runner.query(`revoke update, delete, truncate on audit_seals from audit_app`);
    for (const comment of sql.comments(
      'audit_seals',
      'A chain of signed hashes over the log: a row that is changed, removed or slipped in afterwards shows. Append-only.',
      {
        id: 'UUIDv7, made by the service.',
        sequence: 'Place in the chain: 1, 2, 3, ... without a gap.',
        from_at: 'created_at of the first row that it covers.',
        to_at: 'created_at of the last row that it covers.',
        row_count: 'Rows that it covers.',
        hash: 'SHA-256 over the previous hash and the rows.',
        previous_hash:
          'Hash of the seal before it, 32 zero bytes for the first. Unique: the chain cannot fork.',
        signature: 'Ed25519 over the hash.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table audit_seals`);
  }
}
