import {
  type EventId,
  type ProjectId,
  projectCreated,
  sessionStarted,
  tierLimitChanged,
  type UserId,
  userDeleted,
  userRegistered,
} from '@hivesync/contracts';
import { type DataSource, newId, query, transaction } from '@hivesync/database';
import { Consumers, parkedEvents, publish, replay } from '@hivesync/events';
import { type Neighbour, neighbour, silentLogger, testDatabase } from '@hivesync/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { database } from '../src/database/data-source.ts';
import { subscriptions } from '../src/subscriptions.ts';

const names = ['identity', 'projects', 'previews', 'billing', 'workers', 'audit'] as const;

let audit: DataSource;
let others: Record<(typeof names)[number], Neighbour>;
let consumers: Consumers;

function startConsumers(): Consumers {
  const sources = names.map((name) => others[name].feed);
  const started = new Consumers({ dataSource: audit, subscriptions, sources, logger: silentLogger });
  started.start();
  return started;
}

beforeAll(async () => {
  const server = await testDatabase();
  audit = await server.dataSource(database, { poolSize: 10 });
  others = {
    identity: await neighbour(server, 'identity'),
    projects: await neighbour(server, 'projects'),
    previews: await neighbour(server, 'previews'),
    billing: await neighbour(server, 'billing'),
    workers: await neighbour(server, 'workers'),
    audit: await neighbour(server, 'audit'),
  };
  consumers = startConsumers();
});

afterAll(() => consumers.stop());

const eventually = (assertion: () => Promise<void>) =>
  vi.waitFor(assertion, { timeout: 10_000, interval: 20 });
const logged = (id: EventId) =>
  query<Record<string, unknown>>(audit, 'select * from audit_logs where id = $1', [id]);

const createProject = (owner: UserId) =>
  transaction(others.projects.outbox, async (tx) => {
    const id = await publish(tx, projectCreated, {
      subject: newId<ProjectId>(),
      version: 1,
      data: { name: 'Hive', owner_id: owner },
      origin: { actorId: owner, clientIp: '203.0.113.7', requestId: 'req-1' },
    });
    return id;
  });

test('every service is listened to, this one included', () => {
  expect(subscriptions.sources).toEqual(names);
});

test('an event becomes one row: who, what, on what, from where, when, with which request', async () => {
  const user = newId<UserId>();
  const id = await createProject(user);
  await eventually(async () => expect(await logged(id)).toHaveLength(1));
  const [outbox] = await query<{ subject: string; occurred_at: Date }>(
    others.projects.outbox,
    'select subject, occurred_at from outbox where id = $1',
    [id],
  );
  expect(await logged(id)).toEqual([
    {
      id,
      user_id: user,
      event_type: 'projects.project.created',
      entity_type: 'project',
      entity_id: outbox?.subject,
      data_json: { name: 'Hive', owner_id: user },
      ip_address: '203.0.113.7',
      created_at: outbox?.occurred_at,
      source_service: 'projects',
      request_id: 'req-1',
      recorded_at: expect.any(Date),
    },
  ]);
});

test('an event of nobody, with a subject that is no uuid, is a row too', async () => {
  const id = await transaction(others.billing.outbox, (tx) =>
    publish(tx, tierLimitChanged, {
      subject: 'pro:gpu',
      version: 2,
      data: { tier: 'pro', limit_key: 'gpu', value: 1 },
    }),
  );
  await eventually(async () =>
    expect(await logged(id)).toMatchObject([
      { user_id: null, ip_address: null, request_id: null, entity_type: 'tier_limit', entity_id: 'pro:gpu' },
    ]),
  );
});

test('a login is a deed of the person whose session it starts', async () => {
  const user = newId<UserId>();
  const id = await transaction(others.identity.outbox, (tx) =>
    publish(tx, sessionStarted, {
      subject: newId(),
      version: 0,
      data: { user_id: user, suspicious: false },
    }),
  );
  await eventually(async () => expect(await logged(id)).toMatchObject([{ user_id: user }]));
});

test('what a deleted user did is kept, also when it is told after the deletion', async () => {
  const user = newId<UserId>();
  const data = { display_name: 'Alice', avatar_url: null, tier: 'free' } as const;
  await transaction(others.identity.outbox, (tx) =>
    publish(tx, userRegistered, { subject: user, version: 1, data }),
  );
  const before = await createProject(user);
  await eventually(async () => expect(await logged(before)).toHaveLength(1));
  const deletion = await transaction(others.identity.outbox, (tx) =>
    publish(tx, userDeleted, { subject: user, version: 2, data: {} }),
  );
  await eventually(async () => expect(await logged(deletion)).toHaveLength(1));
  const after = await createProject(user);
  await eventually(async () => expect(await logged(after)).toMatchObject([{ user_id: user }]));

  expect(await logged(before)).toMatchObject([{ user_id: user }]);
  const ref = 'select state, display_name from user_refs where id = $1';
  expect(await query<object>(audit, ref, [user])).toEqual([{ state: 'deleted', display_name: null }]);
});

test('events from before the first partition, and of types unknown here, are kept', async () => {
  const id = newId<EventId>();
  await query(
    others.workers.outbox,
    `insert into outbox (id, type, aggregate, subject, aggregate_version, data, occurred_at)
     values ($1, 'workers.node.exploded', 'workers.node', 'n1', 0,
             '{"node": {"enrolment_secret": "hush", "name": "cpu-1"}, "tokens": 3}', '2023-05-06T07:08:09Z')`,
    [id],
  );
  await eventually(async () =>
    expect(await logged(id)).toMatchObject([
      {
        event_type: 'workers.node.exploded',
        created_at: new Date('2023-05-06T07:08:09Z'),
        data_json: { node: { enrolment_secret: '[redacted]', name: 'cpu-1' }, tokens: 3 },
      },
    ]),
  );
});

test('a replay of everything adds nothing', async () => {
  const last = await createProject(newId<UserId>());
  await eventually(async () => expect(await logged(last)).toHaveLength(1));
  const all = 'select * from audit_logs order by created_at, id';
  const before = await query<object>(audit, all);
  const cursors = 'select source, cursor from event_cursors where cursor is not null order by source';
  const ends = await query<object>(audit, cursors);

  await consumers.stop(); // else one of them may be back at its end before it was looked at
  for (const name of names) await replay(audit, name);
  expect(await query<object>(audit, cursors)).toEqual([]);
  consumers = startConsumers();
  await eventually(async () => expect(await query<object>(audit, cursors)).toEqual(ends));
  expect(await query<object>(audit, all)).toEqual(before);
  expect(await query<object>(audit, 'select * from parked_events')).toEqual([]);
});

test('many events by the same new users from several services at once are all kept', async () => {
  const users = Array.from({ length: 10 }, () => newId<UserId>());
  const ids = await Promise.all(
    users.flatMap((user) => [
      createProject(user),
      transaction(others.identity.outbox, (tx) =>
        publish(tx, sessionStarted, {
          subject: newId(),
          version: 0,
          data: { user_id: user, suspicious: false },
        }),
      ),
    ]),
  );
  await eventually(async () => {
    const rows = await query<object>(audit, 'select id from audit_logs where id = any($1)', [ids]);
    expect(rows).toHaveLength(ids.length);
  });
});

test('what a service says in the name of another is parked, and no row tells it', async () => {
  const [id, user] = [newId<EventId>(), newId<UserId>()];
  await query(
    others.projects.outbox,
    `insert into outbox (id, type, aggregate, subject, aggregate_version, data)
     values ($1, 'identity.user.deleted', 'identity.user', $2, 2, '{}')`,
    [id, user],
  );
  await eventually(async () =>
    expect(await parkedEvents(audit, { subject: user })).toMatchObject([
      { source: 'projects', event_id: id, reason: 'invalid' },
    ]),
  );
  expect(await logged(id)).toEqual([]);
});
