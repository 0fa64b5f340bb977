import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An address counts for what others send to it once a mailed link was followed. Mails are rows before they are sent. */
export class ProveAddresses1764160000000 implements MigrationInterface {
  name = 'ProveAddresses1764160000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table users add column email_verified_at timestamptz');
    await runner.query(
      `comment on column users.email_verified_at is
       'When a link that was mailed to the address was followed; null: nobody has proven that the address is theirs.'`,
    );
    await runner.query(`
      create table email_verifications (
        id uuid not null constraint email_verifications_pkey primary key,
        user_id uuid not null,
        token_hash text constraint email_verifications_token_hash_key unique,
        expires_at timestamptz not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint email_verifications_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
        constraint email_verifications_token_hash_check check (token_hash ~ '^[0-9a-f]{64}$')
      )`);
    await runner.query('create index email_verifications_user_id_idx on email_verifications (user_id)');
    await runner.query('create index email_verifications_expires_at_idx on email_verifications (expires_at)');
    await runner.query(sql.touchUpdatedAt('email_verifications'));
    await runner.query(`create type mail_kind as enum ('email_verification')`);
    await runner.query(`
      create table mails (
        id uuid not null constraint mails_pkey primary key,
        user_id uuid not null,
        kind mail_kind not null,
        verification_id uuid,
        useful_until timestamptz not null,
        attempts integer not null default 0,
        next_attempt_at timestamptz not null default now(),
        last_error text,
        given_up_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint mails_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
        constraint mails_verification_id_fkey foreign key (verification_id) references email_verifications (id),
        constraint mails_attempts_check check (attempts >= 0),
        constraint mails_verification_id_check
          check ((kind = 'email_verification') = (verification_id is not null))
      )`);
    await runner.query('create index mails_due_idx on mails (next_attempt_at) where given_up_at is null');
    await runner.query('create index mails_user_id_idx on mails (user_id)');
    await runner.query('create index mails_verification_id_idx on mails (verification_id)');
    await runner.query(sql.touchUpdatedAt('mails'));
    await runner.query(`
      create table invitation_deliveries (
        user_id uuid not null constraint invitation_deliveries_pkey primary key,
        attempts integer not null default 0,
        next_attempt_at timestamptz not null default now(),
        last_error text,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint invitation_deliveries_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
        constraint invitation_deliveries_attempts_check check (attempts >= 0)
      )`);
    await runner.query(
      'create index invitation_deliveries_next_attempt_at_idx on invitation_deliveries (next_attempt_at)',
    );
    await runner.query(sql.touchUpdatedAt('invitation_deliveries'));
    for (const comment of this.#comments()) await runner.query(comment);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table invitation_deliveries');
    await runner.query('drop table mails');
    await runner.query('drop type mail_kind');
    await runner.query('drop table email_verifications');
    await runner.query('alter table users drop column email_verified_at');
  }

  #comments(): string[] {
    return [
      ...sql.comments(
        'email_verifications',
        'Links by which a person proves an address. All of a person’s go when one was followed: each is good for one use.',
        {
          id: 'Of which, with a key, the token is made.',
          user_id: 'Whose address it proves.',
          token_hash:
            'SHA-256 of the token that the link holds, hex; null until it is mailed. The token is kept nowhere.',
          expires_at: 'From when on the link proves nothing.',
        },
      ),
      ...sql.comments(
        'mails',
        'Mails that are to be sent, each written with its cause. Neither text nor address is here: both are made when it is sent. The row goes once a server has taken it.',
        {
          id: 'Goes along as Message-ID, so that one that is sent twice can be known for one.',
          user_id: 'Who gets it, at the address that they have then.',
          kind: 'What it is about, and so its text.',
          verification_id: 'The link that it brings, where that is its kind; deleted with it.',
          useful_until: 'It is given up after that.',
          attempts: 'Sendings begun. A failure is recorded only while this is as it was when it began.',
          next_attempt_at: 'When it is due; while it is being sent, when that is given up for lost.',
          last_error: 'Why the last attempt failed: codes alone, no address.',
          given_up_at: 'When it was given up: refused for good, or too late. Kept for a week.',
        },
      ),
      ...sql.comments(
        'invitation_deliveries',
        'People whose address was just proven, and of whom projects is to be told: invitations that wait for the address become theirs. The row goes when it has been done late enough for every request that asked before.',
        {
          user_id: 'Whose address it is.',
          attempts: 'Calls begun. A failure is recorded only while this is as it was when it began.',
          next_attempt_at: 'When it is due; while a call is under way, when that is given up for lost.',
          last_error: 'Why the last attempt failed.',
        },
      ),
    ];
  }
}
