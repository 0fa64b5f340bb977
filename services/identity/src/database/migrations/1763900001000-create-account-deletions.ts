import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A deleted account ends at once and goes in batches; what each service removed of it is reported afterwards. */
export class CreateAccountDeletions1763900001000 implements MigrationInterface {
  name = 'CreateAccountDeletions1763900001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table users add column deleted_at timestamptz');
    await runner.query(
      `comment on column users.deleted_at is
       'When the account was deleted: it is nobody’s from then on. The row goes last, when all that belongs to it is gone.'`,
    );
    await runner.query(`
      create table account_deletions (
        user_id uuid not null constraint account_deletions_pkey primary key,
        receipt_hash text not null,
        requested_at timestamptz not null default now(),
        created_at timestamptz not null default now(),
        constraint account_deletions_receipt_hash_check check (receipt_hash ~ '^[0-9a-f]{64}$')
      )`);
    await runner.query(`
      create table account_deletion_parts (
        user_id uuid not null,
        service text not null,
        removed jsonb not null default '{}',
        longest_lock_ms integer,
        completed_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint account_deletion_parts_pkey primary key (user_id, service),
        constraint account_deletion_parts_user_id_fkey foreign key (user_id) references account_deletions (user_id),
        constraint account_deletion_parts_removed_check check (jsonb_typeof(removed) = 'object')
      )`);
    await runner.query(sql.touchUpdatedAt('account_deletion_parts'));
    for (const comment of [
      ...sql.comments(
        'account_deletions',
        'Reports on deleted accounts, to be read without one: who deleted it holds a receipt. They name an id and nobody.',
        {
          user_id: 'Whose account it was; no foreign key, since the user is gone and the report stays.',
          receipt_hash: 'SHA-256 of the receipt, hex; the receipt itself is shown once and kept nowhere.',
          requested_at: 'When the account was deleted.',
        },
      ),
      ...sql.comments('account_deletion_parts', 'What one service has removed of a deleted account.', {
        user_id: 'Whose account it was.',
        service: 'Which service.',
        removed: 'Rows removed or cleared there, by table or table.column.',
        longest_lock_ms: 'The longest that one batch there held its locks; null until it is complete.',
        completed_at: 'When nothing was left there; null until then.',
      }),
    ]) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table account_deletion_parts');
    await runner.query('drop table account_deletions');
    await runner.query('alter table users drop column deleted_at');
  }
}
