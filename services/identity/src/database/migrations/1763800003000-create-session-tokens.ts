import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `session_tokens` of the seed (C.3.1): the one-time login. `token` holds the SHA-256 of the token in
 * hex, never the token: the seed's rule that no secret is stored in the clear goes before its letter.
 */
export class CreateSessionTokens1763800003000 implements MigrationInterface {
  name = 'CreateSessionTokens1763800003000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table session_tokens (
        token text not null constraint session_tokens_pkey primary key,
        user_id uuid not null,
        expires_at timestamptz not null,
        used boolean not null default false,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint session_tokens_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
        constraint session_tokens_token_check check (token ~ '^[0-9a-f]{64}$')
      )`);
    await runner.query('create index session_tokens_user_id_idx on session_tokens (user_id)');
    await runner.query('create index session_tokens_expires_at_idx on session_tokens (expires_at)');
    await runner.query('create index session_tokens_used_idx on session_tokens (used) where used = false');
    await runner.query(sql.touchUpdatedAt('session_tokens'));
    for (const comment of sql.comments('session_tokens', 'One-time logins: single use, 60 to 120 seconds.', {
      token: 'SHA-256 of the token, hex; the token itself is shown once and kept nowhere.',
    })) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table session_tokens');
  }
}
