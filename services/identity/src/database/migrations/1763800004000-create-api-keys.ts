import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** `api_keys` of the seed (C.3.11): only the SHA-256 of a key is kept, and a prefix to know it by. */
export class CreateApiKeys1763800004000 implements MigrationInterface {
  name = 'CreateApiKeys1763800004000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table api_keys (
        id uuid not null constraint api_keys_pkey primary key,
        user_id uuid not null,
        name text not null,
        prefix text not null,
        hashed_key text not null constraint api_keys_hashed_key_key unique,
        scopes text[] not null default '{read}',
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint api_keys_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
        constraint api_keys_name_check check (char_length(name) between 1 and 200),
        constraint api_keys_prefix_check check (prefix ~ '^hsk_[0-9A-Za-z]{1,8}$'),
        constraint api_keys_hashed_key_check check (hashed_key ~ '^[0-9a-f]{64}$'),
        constraint api_keys_scopes_check
          check (cardinality(scopes) > 0 and scopes <@ array['read', 'write']::text[])
      )`);
    await runner.query('create index api_keys_user_id_idx on api_keys (user_id)');
    await runner.query(sql.touchUpdatedAt('api_keys'));
    for (const comment of sql.comments('api_keys', 'Keys with which a program acts as its user.', {
      prefix: 'First characters of the key, to know it by in a list.',
      hashed_key: 'SHA-256 of the key, hex; the key itself is shown once and kept nowhere.',
      scopes: 'What it may do: read, write.',
      expires_at: 'When it ends by itself; null: never.',
      revoked_at: 'When it was taken back. The row stays.',
    })) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table api_keys');
  }
}
