import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A session whose refresh tokens have run out is ended by the service, which has to find it and to say why. */
export class EndExpiredSessions1764000600000 implements MigrationInterface {
  name = 'EndExpiredSessions1764000600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter type session_end_reason add value 'expired'`);
    await runner.query(`
      create index sessions_last_seen_idx
      on sessions (last_seen)
      where ended_at is null`);
    // A login asks for those from its network, and a person's row count only grows.
    await runner.query('create index sessions_user_id_ip_address_idx on sessions (user_id, ip_address)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index sessions_user_id_ip_address_idx');
    await runner.query('drop index sessions_last_seen_idx');
    // PostgreSQL takes no value out of an enum. The old code reads no reason, so the nearest will do.
    await runner.query('alter type session_end_reason rename to session_end_reason_with_expired');
    await runner.query(
      `create type session_end_reason as enum ('logout', 'revoked', 'token_reuse', 'account_deleted')`,
    );
    await runner.query('alter table sessions drop constraint sessions_end_check');
    await runner.query(`
      alter table sessions
      alter column end_reason type session_end_reason
      using case end_reason::text when 'expired' then 'revoked' else end_reason::text end::session_end_reason`);
    await runner.query(`
      alter table sessions
      add constraint sessions_end_check check ((ended_at is null) = (end_reason is null))`);
    await runner.query('drop type session_end_reason_with_expired');
  }
}
