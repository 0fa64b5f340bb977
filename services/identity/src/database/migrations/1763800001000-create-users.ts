import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** `users` and `user_profiles` of the seed (C.3.1). */
export class CreateUsers1763800001000 implements MigrationInterface {
  name = 'CreateUsers1763800001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create type tier as enum ('free', 'pro', 'premium')`);
    await runner.query(`create type user_role as enum ('user', 'admin')`);
    await runner.query(`
      create table users (
        id uuid not null constraint users_pkey primary key,
        email text not null,
        password_hash text not null,
        tier tier not null default 'free',
        role user_role not null default 'user',
        version integer not null default 1,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint users_email_check check (char_length(email) between 3 and 254 and position('@' in email) > 1),
        constraint users_password_hash_check check (password_hash like '$argon2id$%'),
        constraint users_version_check check (version > 0)
      )`);
    await runner.query('create unique index users_email_key on users (lower(email))');
    await runner.query(sql.touchUpdatedAt('users'));

    await runner.query(`
      create table user_profiles (
        user_id uuid not null constraint user_profiles_pkey primary key,
        display_name text not null,
        avatar_url text,
        preferences_json jsonb not null default '{}',
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint user_profiles_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
        constraint user_profiles_display_name_check check (char_length(display_name) between 1 and 200),
        constraint user_profiles_avatar_url_check
          check (avatar_url like 'https://%' and char_length(avatar_url) <= 2000),
        constraint user_profiles_preferences_json_check
          check (jsonb_typeof(preferences_json) = 'object' and octet_length(preferences_json::text) <= 16384)
      )`);
    await runner.query(sql.touchUpdatedAt('user_profiles'));
    for (const comment of sql.comments('users', 'People with an account.', {
      email: 'As the person wrote it; unique whatever its case.',
      password_hash: 'argon2id, as a PHC string.',
      role: 'user or admin: who may call the admin routes. Only a command of the operator makes an admin.',
      version:
        'Counts changes of the user with its profile, which are one aggregate; the ETag, and the order of its events.',
    })) {
      await runner.query(comment);
    }
    for (const comment of sql.comments(
      'user_profiles',
      'What a person says of themselves, and their settings: one row for each user.',
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table user_profiles');
    await runner.query('drop table users');
    await runner.query('drop type user_role');
    await runner.query('drop type tier');
  }
}
