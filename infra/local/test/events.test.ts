/** What the events:* commands do, on the real tables of two services. */
import { type ProjectId, type ServiceName, taskAssigned, type UserId } from '@hivesync/contracts';
import { type DataSource, newId, query, transaction } from '@hivesync/database';
import { Consumers, publish } from '@hivesync/events';
import { database, subscriptions } from '@hivesync/identity';
import { type Neighbour, neighbour, silentLogger, type TestDatabase, testDatabase } from '@hivesync/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  discardEvent,
  listParked,
  replayEvents,
  retryEvents,
  statusOfEvents,
  UsageError,
} from '../src/events/commands.ts';
import { Connections, withConnections } from '../src/events/consumers.ts';

let server: TestDatabase;
let connections: Connections;
let identity: DataSource;
let projects: Neighbour;
let consumers: Consumers;

const bob = newId<UserId>();
const subject = newId();

beforeAll(async () => {
  server = await testDatabase();
  connections = new Connections((service: ServiceName) => server.appUrl(service));
  identity = await server.dataSource(database, { poolSize: 4 });
  const others = await Promise.all(subscriptions.sources.map((service) => neighbour(server, service)));
  projects = others.find(({ feed }) => feed.service === 'projects')!;
  consumers = new Consumers({
    dataSource: identity,
    subscriptions,
    sources: others.map(({ feed }) => feed),
    logger: silentLogger,
  });
  await query(
    identity,
    `insert into users (id, email, password_hash)
     values ($1, 'bob@example.com', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA')`,
    [bob],
  );
});
afterAll(async () => {
  await consumers.stop();
  await connections[Symbol.asyncDispose]();
});

const assign = () =>
  transaction(projects.outbox, (tx) =>
    publish(tx, taskAssigned, {
      subject,
      version: 0,
      data: {
        project_id: newId<ProjectId>(),
        number: 1,
        title: 'Fix the door',
        status: 'open',
        assignee_id: bob,
      },
    }),
  );

const status = async () => {
  const rows = await statusOfEvents(connections, 'identity');
  return rows.find(({ source }) => source === 'projects');
};
const inbox = () => query<object>(identity, 'select user_id, source_event_id from notifications order by id');
const shows = (expected: object) =>
  vi.waitFor(async () => expect(await status()).toMatchObject(expected), {
    timeout: 10_000,
    interval: 50,
  });

test('events:status counts what is behind, what is held back and what is parked', async () => {
  await assign();
  await shows({ behind: 1, held: 0, parked: 0 });
  await transaction(projects.outbox, async (tx) => {
    await query(
      tx,
      `insert into outbox (id, type, aggregate, subject, aggregate_version, data)
       values ($1, 'projects.task.assigned', 'projects.task', $2, 0, '{}')`,
      [newId(), subject],
    );
    // Not committed, so nobody counts it; but it holds back what others commit meanwhile.
    await shows({ behind: 1, held: 0 });
    await assign();
    await shows({ behind: 2, held: 1 });
  });
  await shows({ behind: 3, held: 0 });

  consumers.start();
  // The event without data, and the later one of its subject.
  await shows({ behind: 0, parked: 2 });
});

test('events:retry applies nothing that still fails, and events:discard lets what waits behind it go on', async () => {
  await assign();
  await shows({ behind: 0, parked: 3 });
  expect(await inbox()).toHaveLength(1);
  expect(await retryEvents(connections, 'identity', { source: 'billing' })).toEqual({
    applied: 0,
    failed: 0,
  });
  expect(await retryEvents(connections, undefined, {})).toEqual({ applied: 0, failed: 1 });

  const [invalid, behind] = await listParked(connections);
  expect(invalid).toMatchObject({ consumer: 'identity', source: 'projects', reason: 'invalid', attempts: 1 });
  expect(behind).toMatchObject({ reason: 'behind', subject });
  expect(await discardEvent(connections, 'identity', 'projects', newId())).toBe(false);
  expect(await discardEvent(connections, 'identity', 'projects', invalid!.event_id)).toBe(true);
  expect(await retryEvents(connections, 'identity', {})).toEqual({ applied: 2, failed: 0 });
  expect(await listParked(connections)).toEqual([]);
  expect(await inbox()).toHaveLength(3);
});

test('events:replay goes through all again and ends in the same state', async () => {
  const before = await inbox();
  expect(await replayEvents(connections, 'identity')).toEqual(subscriptions.sources);
  // What was discarded comes back in its place, and those behind it too, which have had their effect.
  await shows({ behind: 0, parked: 3 });
  expect(await inbox()).toEqual(before);
});

test('a service that does not read that source is named, with those that it reads', async () => {
  await expect(replayEvents(connections, 'billing', 'audit')).rejects.toThrow(
    new UsageError('billing does not read audit, but identity'),
  );
});

test('the connections of a command are open until it is done, and closed then', async () => {
  let opened: DataSource | undefined;
  const rows = await withConnections(
    (service) => server.appUrl(service),
    async (own) => {
      opened = await own.of('identity');
      return statusOfEvents(own, 'identity');
    },
  );
  expect(rows).toHaveLength(subscriptions.sources.length);
  expect(opened?.isInitialized).toBe(false);
});
