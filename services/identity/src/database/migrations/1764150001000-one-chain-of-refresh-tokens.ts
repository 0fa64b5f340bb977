import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Refresh tokens know their place in the chain of their session, and sessions that have become too old are found. */
export class OneChainOfRefreshTokens1764150001000 implements MigrationInterface {
  name = 'OneChainOfRefreshTokens1764150001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table refresh_tokens add column generation integer');
    await runner.query(
      `comment on column refresh_tokens.generation is
       '1 for the token of the login, and one more for each that was spent; null where a version before wrote it. Tells a token that is no longer kept from one that a restored database does not know yet.'`,
    );
    await runner.query(`
      create index sessions_created_at_idx
      on sessions (created_at)
      where ended_at is null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index sessions_created_at_idx');
    await runner.query('alter table refresh_tokens drop column generation');
  }
}
