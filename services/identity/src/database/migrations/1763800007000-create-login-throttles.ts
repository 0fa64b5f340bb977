import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Failed logins counted per account and per address. `key` is a keyed hash: no email, no address. */
export class CreateLoginThrottles1763800007000 implements MigrationInterface {
  name = 'CreateLoginThrottles1763800007000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create type login_throttle_kind as enum ('account', 'address')`);
    await runner.query(`
      create table login_throttles (
        kind login_throttle_kind not null,
        key text not null,
        failures integer not null,
        last_failed_at timestamptz not null default now(),
        blocked_until timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint login_throttles_pkey primary key (kind, key),
        constraint login_throttles_key_check check (key ~ '^[0-9a-f]{64}$'),
        constraint login_throttles_failures_check check (failures >= 0)
      )`);
    await runner.query('create index login_throttles_last_failed_at_idx on login_throttles (last_failed_at)');
    await runner.query(sql.touchUpdatedAt('login_throttles'));
    for (const comment of sql.comments(
      'login_throttles',
      'Failed logins, counted per account and per address: passwords cannot be guessed at speed, on however many replicas.',
      {
        kind: 'account or address: what is counted.',
        key: 'Keyed hash of the email or of the network, hex: the table names nobody.',
        failures: 'Failures since the last success, or since counting began anew.',
        last_failed_at: 'After an hour without a failure counting begins anew, and the row may go.',
        blocked_until: 'Until when attempts are refused without a look at the password.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table login_throttles');
    await runner.query('drop type login_throttle_kind');
  }
}
