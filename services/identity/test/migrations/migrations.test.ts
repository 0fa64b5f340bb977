import { randomUUID } from 'node:crypto';
import { type DataSource, migrateDown, migrateUp, query } from '@hivesync/database';
import { emptyDatabase, oldEventCode, rehearseMigration } from '@hivesync/testing';
import { describe, expect, test } from 'vitest';
import { database } from '../../src/database/data-source.ts';

type Writer = (app: DataSource) => Promise<void>;

const hex = () => (randomUUID() + randomUUID()).replaceAll('-', '');
const insert =
  (sql: string, parameters: () => unknown[]): Writer =>
  async (app) => {
    await query(app, sql.replaceAll('{user}', '(select id from users limit 1)'), parameters());
  };

/** What the code that came with each migration writes. Every later migration must leave it working. */
const writers: Record<string, { tables: string[]; write: Writer }> = {
  CreatePlatformTables: {
    tables: ['outbox'],
    write: insert(
      `insert into outbox (id, type, aggregate, subject, aggregate_version, data)
       values ($1::uuid, 'identity.user.updated', 'identity.user', $1::uuid::text, 1, '{}')`,
      () => [randomUUID()],
    ),
  },
  CreateUsers: {
    tables: ['users', 'user_profiles'],
    write: insert(
      `with added as (
         insert into users (id, email, password_hash)
         values ($1, $2, '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA')
         returning id
       )
       insert into user_profiles (user_id, display_name)
       select id, 'Alice'
       from added`,
      () => {
        const id = randomUUID();
        return [id, `${id}@example.com`];
      },
    ),
  },
  CreateSessions: {
    tables: ['device_sessions', 'sessions', 'refresh_tokens'],
    write: insert(
      `with device as (
         insert into device_sessions (id, user_id, device_name, platform)
         values ($1::uuid, {user}, $1::uuid::text, 'ios')
         returning id, user_id
       ),
       session as (
         insert into sessions (id, user_id, device_session_id, ip_address)
         select $1, user_id, id, '192.0.2.1'
         from device
         returning id, user_id
       )
       insert into refresh_tokens (id, user_id, session_id, token_hash, expires_at)
       select $1, user_id, id, $2, now() + interval '1 day'
       from session`,
      () => [randomUUID(), hex()],
    ),
  },
  CreateSessionTokens: {
    tables: ['session_tokens'],
    write: insert(
      `insert into session_tokens (token, user_id, expires_at)
       values ($1, {user}, now() + interval '90 seconds')`,
      () => [hex()],
    ),
  },
  CreateApiKeys: {
    tables: ['api_keys'],
    write: insert(
      `insert into api_keys (id, user_id, name, prefix, hashed_key)
       values ($1, {user}, 'build', 'hsk_abcd', $2)`,
      () => [randomUUID(), hex()],
    ),
  },
  CreateNotifications: {
    tables: ['notifications'],
    write: insert(
      `insert into notifications (id, user_id, type, source_event_id)
       values ($1, {user}, 'task_assigned', $1)`,
      () => [randomUUID()],
    ),
  },
  CreateSigningKeys: {
    tables: ['signing_keys'],
    write: insert(
      `insert into signing_keys (kid, public_jwk, private_key_encrypted, retired_at)
       values ($1, '{"kty": "OKP", "crv": "Ed25519"}', '\\x00', now())`,
      () => [hex()],
    ),
  },
  CreateLoginThrottles: {
    tables: ['login_throttles'],
    write: insert(
      `insert into login_throttles (kind, key, failures)
       values ('account', $1, 1)`,
      () => [hex()],
    ),
  },
  CreateReferenceSweeps: {
    tables: ['reference_sweeps'],
    write: insert(
      `insert into reference_sweeps (aggregate, subject, version) values ('projects.project', $1, 2)`,
      () => [randomUUID()],
    ),
  },
  CreateAccountDeletions: {
    tables: ['account_deletions', 'account_deletion_parts'],
    write: insert(
      `with deleted as (
         insert into account_deletions (user_id, receipt_hash)
         values ($1, $2)
         returning user_id
       )
       insert into account_deletion_parts (user_id, service)
       select user_id, 'projects'
       from deleted`,
      () => [randomUUID(), hex()],
    ),
  },
  EndExpiredSessions: {
    tables: [],
    write: insert(
      `insert into sessions (id, user_id, ended_at, end_reason)
       values ($1, {user}, now(), 'expired')`,
      () => [randomUUID()],
    ),
  },
  ForgetAddressesOfTheDeleted: {
    tables: [],
    write: insert(
      `insert into users (id, email, password_hash, deleted_at)
       values ($1, null, '$argon2id$deleted', now())`,
      () => [randomUUID()],
    ),
  },
  OneChainOfRefreshTokens: {
    tables: [],
    write: insert(
      `insert into refresh_tokens (id, user_id, session_id, generation, token_hash, expires_at)
       select $1, user_id, id, 1, $2, now() + interval '1 day'
       from sessions
       limit 1`,
      () => [randomUUID(), hex()],
    ),
  },
  CountFailuresOfDevicesAndSessions: {
    tables: [],
    write: insert(
      `insert into login_throttles (kind, key, failures, refused, told_until)
       values ('device', $1, 1, 2, now())`,
      () => [hex()],
    ),
  },
  ProveAddresses: {
    tables: ['email_verifications', 'mails', 'invitation_deliveries'],
    write: insert(
      `with told as (
         insert into invitation_deliveries (user_id)
         values ({user})
         on conflict (user_id) do nothing
       ), proven as (
         update users
         set email_verified_at = now()
         where id = {user}
       ), link as (
         insert into email_verifications (id, user_id, token_hash, expires_at)
         values ($1, {user}, $2, now() + interval '1 day')
         returning id, user_id
       )
       insert into mails (id, user_id, kind, verification_id, useful_until)
       select id, user_id, 'email_verification', id, now()
       from link`,
      () => [randomUUID(), hex()],
    ),
  },
  AddFeedEpochs: { tables: [], write: oldEventCode.write },
  KeepUnknownEvents: { tables: [], write: oldEventCode.write },
  ForgetDeletedPeople: {
    tables: [],
    write: insert(
      `insert into outbox (id, type, aggregate, subject, aggregate_version, client_ip, data)
       values ($1::uuid, 'identity.user.updated', 'identity.user', $1::uuid::text, 1, '192.0.2.1', '{}')`,
      () => [randomUUID()],
    ),
  },
};

const names = database.migrations.map((migration) => new migration().name);
const writerOf = (name: string) => {
  const writer = writers[name.replace(/\d{13}$/, '')];
  if (!writer) throw new Error(`${name} has no writer here: a migration comes with its test`);
  return writer;
};

describe.each(names.map((migration, at) => ({ migration, earlier: names.slice(0, at).map(writerOf) })))(
  '$migration',
  ({ migration, earlier }) => {
    test('up, old writers go on, down, rows survive, redo', async () => {
      await rehearseMigration({
        database,
        migration,
        write: async (app) => {
          for (const { write } of earlier) await write(app);
        },
        ...(earlier.length > 0 && {
          read: async (app: DataSource) => {
            const rows: object[] = [];
            // Without nulls and epochs: a column that is added later is one to the old code's rows, and it does not read it.
            for (const table of earlier.flatMap(({ tables }) => tables)) {
              rows.push(
                ...(await query(
                  app,
                  `select jsonb_strip_nulls(to_jsonb(t) - 'epoch') as row from ${table} as t order by 1`,
                )),
              );
            }
            return rows;
          },
        }),
      });
    });

    test('its own tables take what its code writes', async () => {
      const db = await emptyDatabase();
      await migrateUp(database, db.ownerUrl('identity'), { to: migration });
      const app = await db.dataSource(database);
      const own = writerOf(migration);
      for (const { write } of new Set([...earlier, own])) await write(app);
      for (const table of own.tables) expect(await query(app, `select from ${table}`)).toHaveLength(1);
    });
  },
);

test('an address that was made up for a deleted account goes, and the version before makes none', async () => {
  const db = await emptyDatabase();
  const owner = db.ownerUrl('identity');
  const name = 'ForgetAddressesOfTheDeleted1764150000000';
  await migrateUp(database, owner, { to: names[names.indexOf(name) - 1] as string });
  const app = await db.dataSource(database);
  const [before, after] = [randomUUID(), randomUUID()];
  const register = (id: string, email: string) =>
    query(app, `insert into users (id, email, password_hash) values ($1, $2, '$argon2id$v=19$x')`, [
      id,
      email,
    ]);
  const closeAsBefore = (id: string) =>
    query(
      app,
      `update users set email = 'deleted-' || id || '@deleted.invalid', deleted_at = now() where id = $1`,
      [id],
    );
  const addresses = () => query<{ email: string | null }>(app, 'select email from users order by email');
  await register(before, 'before@example.com');
  await closeAsBefore(before);
  await register(after, 'after@example.com');

  await migrateUp(database, owner, { to: name });
  await register(randomUUID(), `deleted-${after}@deleted.invalid`);
  await closeAsBefore(after);
  expect(await addresses()).toEqual([
    { email: `deleted-${after}@deleted.invalid` },
    { email: null },
    { email: null },
  ]);

  await migrateDown(database, owner);
  expect(await addresses()).toEqual(
    [
      { email: `deleted-${after}@deleted.invalid` },
      { email: `deleted @${after}` },
      { email: `deleted @${before}` },
    ].sort((a, b) => (a.email < b.email ? -1 : 1)),
  );
});

test('all the way down leaves nothing behind', async () => {
  const db = await emptyDatabase();
  await migrateUp(database, db.ownerUrl('identity'));
  await migrateDown(database, db.ownerUrl('identity'), { to: '0' });
  const tables = await db.query(
    `select tablename as name from pg_tables where schemaname = 'identity' and tablename <> 'migrations'`,
  );
  expect(tables).toEqual([]);
  const left = await db.query(
    `select proname as name from pg_proc where pronamespace = 'identity'::regnamespace
     union all
     select typname from pg_type where typnamespace = 'identity'::regnamespace and typtype = 'e'`,
  );
  expect(left).toEqual([]);
});

test('AddFeedEpochs leaves code that knows no epochs working', () =>
  rehearseMigration({ database, migration: 'AddFeedEpochs', ...oldEventCode }));

test('KeepUnknownEvents leaves code that skips such events working', () =>
  rehearseMigration({ database, migration: 'KeepUnknownEvents', ...oldEventCode }));
