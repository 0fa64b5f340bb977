import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Devices and sessions have counters of their own, and the audit is told of a block once. */
export class CountFailuresOfDevicesAndSessions1764150002000 implements MigrationInterface {
  name = 'CountFailuresOfDevicesAndSessions1764150002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter type login_throttle_kind add value 'device'`);
    await runner.query(`alter type login_throttle_kind add value 'session'`);
    await runner.query(
      'alter table login_throttles add column refused integer, add column told_until timestamptz',
    );
    for (const comment of [
      `comment on table login_throttles is
       'Wrong passwords, counted for each account and address (those of strangers), device and session: passwords cannot be guessed at speed, on however many replicas, and whoever guesses does not lock out the owner.'`,
      `comment on column login_throttles.kind is 'account, address, device or session: what is counted.'`,
      `comment on column login_throttles.key is
       'Keyed hash of the email, the network, the device or the session, hex: the table names nobody.'`,
      `comment on column login_throttles.refused is 'How many attempts its blocks have turned away; null for none.'`,
      `comment on column login_throttles.told_until is
       'The end of the block that the audit was last told of: each is told once.'`,
    ]) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const comment of [
      `comment on table login_throttles is
       'Failed logins, counted per account and per address: passwords cannot be guessed at speed, on however many replicas.'`,
      `comment on column login_throttles.kind is 'account or address: what is counted.'`,
      `comment on column login_throttles.key is
       'Keyed hash of the email or of the network, hex: the table names nobody.'`,
    ]) {
      await runner.query(comment);
    }
    await runner.query('alter table login_throttles drop column told_until, drop column refused');
    // PostgreSQL takes no value out of an enum. What devices and sessions failed is forgotten within the hour anyway.
    await runner.query(`delete from login_throttles where kind::text in ('device', 'session')`);
    await runner.query('alter type login_throttle_kind rename to login_throttle_kind_with_devices');
    await runner.query(`create type login_throttle_kind as enum ('account', 'address')`);
    await runner.query(`
      alter table login_throttles
      alter column kind type login_throttle_kind
      using kind::text::login_throttle_kind`);
    await runner.query('drop type login_throttle_kind_with_devices');
  }
}
