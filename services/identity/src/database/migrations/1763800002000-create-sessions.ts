import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** `sessions` and `device_sessions` of the seed (C.3.1), and the refresh tokens that keep a session going. */
export class CreateSessions1763800002000 implements MigrationInterface {
  name = 'CreateSessions1763800002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table device_sessions (
        id uuid not null constraint device_sessions_pkey primary key,
        user_id uuid not null,
        device_name text not null,
        platform text not null,
        last_seen timestamptz not null default now(),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint device_sessions_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
        constraint device_sessions_user_id_device_name_platform_key unique (user_id, device_name, platform),
        constraint device_sessions_device_name_check check (char_length(device_name) between 1 and 200),
        constraint device_sessions_platform_check check (char_length(platform) between 1 and 50)
      )`);
    await runner.query(sql.touchUpdatedAt('device_sessions'));

    await runner.query(
      `create type session_end_reason as enum ('logout', 'revoked', 'token_reuse', 'account_deleted')`,
    );
    await runner.query(`
      create table sessions (
        id uuid not null constraint sessions_pkey primary key,
        user_id uuid not null,
        device_session_id uuid,
        ip_address inet,
        user_agent text,
        suspicious boolean not null default false,
        last_seen timestamptz not null default now(),
        ended_at timestamptz,
        end_reason session_end_reason,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint sessions_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
        constraint sessions_device_session_id_fkey
          foreign key (device_session_id) references device_sessions (id) on delete set null,
        constraint sessions_user_agent_check check (char_length(user_agent) <= 500),
        constraint sessions_end_check check ((ended_at is null) = (end_reason is null))
      )`);
    // Leads with the key's column, and lists a person's live sessions newest first (UUIDv7 sorts by time).
    await runner.query('create index sessions_user_id_id_idx on sessions (user_id, id)');
    await runner.query('create index sessions_device_session_id_idx on sessions (device_session_id)');
    await runner.query(sql.touchUpdatedAt('sessions'));

    // session_id does not cascade: users -> sessions -> refresh_tokens would be a chain of two. A token
    // goes with its user in one step, and the check of this key waits for the end of that statement.
    await runner.query(`
      create table refresh_tokens (
        id uuid not null constraint refresh_tokens_pkey primary key,
        user_id uuid not null,
        session_id uuid not null,
        parent_id uuid,
        token_hash text not null constraint refresh_tokens_token_hash_key unique,
        expires_at timestamptz not null,
        used_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint refresh_tokens_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
        constraint refresh_tokens_session_id_fkey foreign key (session_id) references sessions (id),
        constraint refresh_tokens_parent_id_fkey
          foreign key (parent_id) references refresh_tokens (id) on delete set null,
        constraint refresh_tokens_token_hash_check check (token_hash ~ '^[0-9a-f]{64}$')
      )`);
    await runner.query('create index refresh_tokens_user_id_idx on refresh_tokens (user_id)');
    await runner.query('create index refresh_tokens_session_id_idx on refresh_tokens (session_id)');
    await runner.query('create index refresh_tokens_parent_id_idx on refresh_tokens (parent_id)');
    await runner.query('create index refresh_tokens_expires_at_idx on refresh_tokens (expires_at)');
    await runner.query(sql.touchUpdatedAt('refresh_tokens'));
    for (const comment of sql.comments(
      'device_sessions',
      'Devices that a person has logged in from, to recognise one that is new. It is what the client claims, so it proves nothing.',
    )) {
      await runner.query(comment);
    }
    for (const comment of sql.comments(
      'sessions',
      'Logins. Access tokens are drawn from a session until it is ended.',
      {
        device_session_id:
          'The device it was opened on, by which people know it in the list of their sessions.',
        suspicious: 'The device and the network were both unseen, or the login followed repeated failures.',
        ended_at: 'When it was ended; null while it lasts. The row stays, so that what happened can be told.',
        end_reason: 'Why it was ended; token_reuse: a refresh token was used twice, so it may be stolen.',
      },
    )) {
      await runner.query(comment);
    }
    for (const comment of sql.comments(
      'refresh_tokens',
      'Single-use tokens that keep a session going. Each is spent for the next one; a second use tells that it was stolen and ends the session.',
      {
        id: 'UUIDv7, made by the service.',
        user_id: 'Whose token it is; here too, so that it goes with the user in one step.',
        session_id: 'The session that it keeps going.',
        parent_id: 'The token that was spent for this one.',
        token_hash: 'SHA-256 of the token, hex; the token itself is kept nowhere.',
        expires_at: 'When it can be spent no more.',
        used_at:
          'When it was first spent; null while it waits. A repeat shortly after is a retry of a lost answer.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table refresh_tokens');
    await runner.query('drop table sessions');
    await runner.query('drop type session_end_reason');
    await runner.query('drop table device_sessions');
  }
}
