import { loginFailed, projectCreated, referenceSwept, type UserId, userDeleted } from '@hivesync/contracts';
import { type DataSource, newId, query, transaction } from '@hivesync/database';
import { Consumers, publish, replay, sweepAll } from '@hivesync/events';
import { type Neighbour, neighbour, silentLogger, type TestDatabase, testDatabase } from '@hivesync/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { database } from '../src/database/data-source.ts';
import { subscriptions } from '../src/subscriptions.ts';

let server: TestDatabase;
let audit: DataSource;
let owner: DataSource;
let identity: Neighbour;
let projects: Neighbour;
let consumers: Consumers;

beforeAll(async () => {
  server = await testDatabase();
  audit = await server.dataSource(database);
  owner = await server.dataSource(database, { as: 'owner' });
  identity = await neighbour(server, 'identity');
  projects = await neighbour(server, 'projects');
  const quiet = ['previews', 'billing', 'workers', 'audit'] as const;
  consumers = new Consumers({
    dataSource: audit,
    subscriptions,
    sources: [
      identity.feed,
      projects.feed,
      ...(await Promise.all(quiet.map(async (name) => (await neighbour(server, name)).feed))),
    ],
    logger: silentLogger,
  });
  consumers.start();
});
afterAll(() => consumers.stop());

const deed = (user: UserId) =>
  transaction(projects.outbox, (tx) =>
    publish(tx, projectCreated, {
      subject: newId(),
      version: 1,
      data: { name: 'Hive', owner_id: user },
      origin: { actorId: user, clientIp: '203.0.113.7' },
    }),
  );
const remove = (user: UserId) =>
  transaction(identity.outbox, (tx) =>
    publish(tx, userDeleted, {
      subject: user,
      version: 2,
      data: {},
      origin: { actorId: user, clientIp: '203.0.113.7' },
    }),
  );
const facts = (user: UserId) =>
  query<{ id: string; ip: string | null }>(
    audit,
    'select id, host(ip_address) as ip from audit_logs where user_id = $1 order by id',
    [user],
  );
const eventually = (assertion: () => Promise<void>) =>
  vi.waitFor(assertion, { timeout: 10_000, interval: 20 });
const refused = (work: Promise<unknown>) =>
  expect(work).rejects.toMatchObject({ driverError: { code: '42501' } });

describe('a deletion', () => {
  test('keeps every fact and forgets each address, in batches, and the report counts them', async () => {
    const [user, other] = [newId<UserId>(), newId<UserId>()];
    for (let n = 0; n < 5; n += 1) await deed(user);
    await deed(other);
    await eventually(async () => expect([...(await facts(user)), ...(await facts(other))]).toHaveLength(6));
    const whole = `select to_jsonb(log) - 'ip_address' as fact from audit_logs as log order by id`;
    const before = await query<object>(audit, whole);

    await remove(user);
    await eventually(async () => expect(await facts(user)).toHaveLength(6));
    await sweepAll(audit, database, { limit: 2 });
    expect((await facts(user)).map(({ ip }) => ip)).toEqual(Array(6).fill(null));
    expect((await facts(other)).map(({ ip }) => ip)).toEqual(['203.0.113.7']);
    expect(await query<object>(audit, whole)).toEqual(expect.arrayContaining(before));
    const [swept] = await query<{ data: { removed: object } }>(
      audit,
      'select data from outbox where type = $1 and subject = $2',
      [referenceSwept('audit').type, user],
    );
    expect(swept?.data).toMatchObject({
      aggregate: 'identity.user',
      removed: { 'audit_logs.ip_address': 5 },
    });
  });

  test("takes the address from their failed logins too, which are nobody's deed", async () => {
    const [user, nobody] = [newId<UserId>(), newId<UserId>()];
    const fail = (subject: UserId) =>
      transaction(identity.outbox, (tx) =>
        publish(tx, loginFailed, {
          subject,
          version: 0,
          data: { reason: 'credentials' },
          origin: { clientIp: '203.0.113.8' },
        }),
      );
    const logins = (subject: UserId) =>
      query<{ ip: string | null }>(
        audit,
        `select host(ip_address) as ip from audit_logs where event_type = 'identity.login.failed' and entity_id = $1`,
        [subject],
      );
    await Promise.all([fail(user), fail(nobody)]);
    await eventually(async () => expect(await logins(user)).toEqual([{ ip: '203.0.113.8' }]));
    await remove(user);
    await eventually(async () => expect(await facts(user)).toHaveLength(1));
    await sweepAll(audit, database);
    await fail(user);
    await eventually(async () => expect(await logins(user)).toEqual([{ ip: null }, { ip: null }]));
    await eventually(async () => expect(await logins(nobody)).toEqual([{ ip: '203.0.113.8' }]));
  });

  test('leaves no address in what is told after it, nor after a replay', async () => {
    const user = newId<UserId>();
    await remove(user);
    await eventually(async () => expect(await facts(user)).toHaveLength(1));
    await sweepAll(audit, database);
    await deed(user);
    await eventually(async () => expect(await facts(user)).toHaveLength(2));
    await replay(audit, 'projects');
    await deed(user);
    await eventually(async () => expect(await facts(user)).toHaveLength(3));
    expect((await facts(user)).map(({ ip }) => ip)).toEqual([null, null, null]);
  });
});

describe('the log lets nothing else through', () => {
  const living = newId<UserId>();
  const dead = newId<UserId>();

  beforeAll(async () => {
    await query(
      owner,
      `insert into user_refs (id, state, deleted_at)
       values ($1, 'active', null), ($2, 'deleted', now())`,
      [living, dead],
    );
    for (const user of [living, dead, null]) {
      await query(
        audit,
        `insert into audit_logs (id, created_at, user_id, event_type, entity_type, entity_id, data_json,
                                 ip_address, source_service)
         values ($1, now(), $2, 'projects.task.created', 'task', '1', '{"n": 1.0}', '198.51.100.1', 'projects')`,
        [newId(), user],
      );
    }
  });

  test('of a living user, or of nobody', async () => {
    await refused(query(audit, 'select forget_user_addresses($1, 10)', [living]));
    await refused(query(owner, 'update audit_logs set ip_address = null where user_id = $1', [living]));
    await refused(
      query(
        owner,
        `update audit_logs set ip_address = null where user_id is null and ip_address = '198.51.100.1'`,
      ),
    );
    expect((await facts(living)).map(({ ip }) => ip)).toEqual(['198.51.100.1']);
  });

  test.each([
    `ip_address = '192.0.2.1'`,
    `ip_address = null, event_type = 'projects.task.deleted'`,
    `ip_address = null, data_json = '{"n": 1.00}'`,
    `ip_address = null, user_id = null`,
    `ip_address = null, created_at = created_at + interval '1 microsecond'`,
    'entity_id = entity_id',
  ])('of a deleted one: set %s', async (change) => {
    const admin = await server.dataSource(database, { as: 'admin' });
    for (const role of [owner, admin]) {
      await refused(query(role, `update audit.audit_logs set ${change} where user_id = $1`, [dead]));
    }
  });

  test('neither a second change nor a removal', async () => {
    await query(owner, 'update audit_logs set ip_address = null where user_id = $1', [dead]);
    await refused(query(owner, 'update audit_logs set ip_address = null where user_id = $1', [dead]));
    await refused(query(owner, `update audit_logs set ip_address = '192.0.2.1' where user_id = $1`, [dead]));
    await refused(query(owner, 'delete from audit_logs where user_id = $1', [dead]));
  });

  test('nor by the app role itself, nor the function for others', async () => {
    await refused(query(audit, 'update audit_logs set ip_address = null where user_id = $1', [dead]));
    await refused(query(identity.outbox, 'select audit.forget_user_addresses($1, 10)', [dead]));
  });
});
