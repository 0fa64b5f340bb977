/**
 * A feed whose server lost its last commits, for real: PostgreSQL as Debian installs it, a standby that was promoted
 * too early, a dump that was restored. The reader lives in a database of its own, which lost nothing.
 */
import { taskCreated } from '@hivesync/contracts';
import {
  appRole,
  bootstrap,
  createDataSource,
  type DataSource,
  databaseUrl,
  ownerRole,
  query,
  roleUrl,
} from '@hivesync/database';
import { atFileEnd, type Cluster, installedPostgres, startCluster } from '@hivesync/testing';
import pg from 'pg';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  Consumers,
  defineSubscriptions,
  type EventSource,
  on,
  parkedEvents,
  readFeed,
} from '../src/index.ts';
import {
  effects,
  effectsTable,
  newSubject,
  type Platform,
  publishTask,
  recordingLogger,
  startPlatform,
  tablesOfPlatform,
  writeEffect,
} from './platform.ts';

const installed = installedPostgres();
if ('reason' in installed) console.info(`not rehearsed: ${installed.reason}`);
const secret = 'for-tests-only';
const database = { service: 'projects' as const, entities: [], migrations: [] };

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform(['audit']);
  await platform.owner('audit', effectsTable);
});
beforeEach(() => platform.owner('audit', 'truncate effects, event_cursors, parked_events, outbox'));
const audit = () => platform.of('audit');

async function connect(url: string): Promise<DataSource> {
  const source = await createDataSource(database, roleUrl(url, appRole('projects'), secret), {
    poolSize: 4,
  }).initialize();
  atFileEnd(async () => {
    if (source.isInitialized) await source.destroy();
  });
  return source;
}

/** Statements one by one, as the superuser or whoever the URL names; the rows of the last. */
async function run(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

/** The projects service’s outbox on a server of its own. */
async function startOwner(): Promise<{ cluster: Cluster; url: string }> {
  if ('reason' in installed) throw new Error(installed.reason);
  const cluster = await startCluster(installed);
  const url = await bootstrap(cluster.url, { database: 'hivesync', roleSecret: secret });
  await run(roleUrl(url, ownerRole('projects'), secret), ...tablesOfPlatform('projects'));
  return { cluster, url };
}

/** A reader in `audit` of whichever server the owner is on now. */
function reader(current: () => DataSource) {
  const logger = recordingLogger();
  const source: EventSource = {
    service: 'projects',
    read: async (after, { limit }) => readFeed(current(), after, limit),
  };
  const consumers = new Consumers({
    dataSource: audit(),
    subscriptions: defineSubscriptions({
      database: { service: 'audit', entities: [], migrations: [] },
      handlers: [on(taskCreated, writeEffect)],
    }),
    sources: [source],
    logger,
    retry: { attempts: 3, delay: 5, maxDelay: 50 },
  });
  onTestFinished(() => consumers.stop());
  return { consumers, logger };
}

const seen = async () => (await effects(audit())).map(({ event_id }) => event_id);
const toHaveSeen = (...ids: string[][]) =>
  expect.poll(seen, { timeout: 15_000, interval: 100 }).toEqual(ids.flat());

async function publish(source: DataSource, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < count; at += 1) ids.push(await publishTask(source, newSubject(), 1));
  return ids;
}

/** Uses so many transaction ids up, and writes nothing to the outbox. */
const burn = (url: string, count: number) =>
  run(url, `do $$ begin for at in 1..${count} loop perform pg_current_xact_id(); commit; end loop; end $$`);

const rewinds = async () =>
  (await query<{ data: unknown }>(audit(), 'select data from outbox order by position')).map(
    ({ data }) => data,
  );

const events = async (url: string) =>
  (await run(url, 'select count(*)::integer as events from projects.outbox'))[0]?.events;

/** A standby that has all so far, and gets nothing from now on. */
async function standbyOf(cluster: Cluster, url: string): Promise<{ standby: Cluster; behind: string }> {
  const standby = await cluster.standby();
  const behind = databaseUrl(standby.url, 'hivesync');
  await expect.poll(() => events(behind)).toBe(await events(url));
  await run(standby.url, 'alter system set primary_conninfo = $$$$', 'select pg_reload_conf()');
  await expect
    .poll(
      async () =>
        (await run(url, 'select count(*)::integer as senders from pg_stat_replication'))[0]?.senders,
    )
    .toBe(0);
  return { standby, behind };
}

describe.skipIf('reason' in installed)('a feed that was set back', () => {
  it('by a standby promoted before it had all: nothing of the new history is lost or read twice', async () => {
    const { cluster, url } = await startOwner();
    let owner = await connect(url);
    const { consumers, logger } = reader(() => owner);
    consumers.start();
    const before = await publish(owner, 10);
    const { standby, behind } = await standbyOf(cluster, url);
    const lost = await publish(owner, 30);
    await burn(url, 200);
    lost.push(...(await publish(owner, 5)));
    await toHaveSeen(before, lost);

    await cluster.kill();
    await standby.promote();
    owner = await connect(behind);
    const first = await publish(owner, 12);
    await burn(behind, 1_500);
    const then = await publish(owner, 10);
    await toHaveSeen(before, lost, first, then);
    expect(await parkedEvents(audit())).toEqual([]);
    expect(await rewinds()).toEqual([
      { source: 'projects', from: expect.any(String), to: expect.any(String) },
    ]);
    expect(consumers.rewinds()).toEqual([{ source: 'projects', rewinds: 1 }]);
    const said = logger.lines.filter(({ message }) => message === 'event source was set back');
    expect(said).toMatchObject([{ level: 'error', fields: { source: 'projects' } }]);
  }, 60_000);

  it('goes on where it was when nothing was lost: a restart, a failover', async () => {
    const { cluster, url } = await startOwner();
    let owner = await connect(url);
    const { consumers } = reader(() => owner);
    consumers.start();
    const before = await publish(owner, 5);
    await toHaveSeen(before);
    await cluster.kill();
    await cluster.start();
    await owner.destroy();
    owner = await connect(url);
    const restarted = await publish(owner, 5);
    await toHaveSeen(before, restarted);
    const { standby, behind } = await standbyOf(cluster, url);
    await cluster.kill();
    await standby.promote();
    owner = await connect(behind);
    const promoted = await publish(owner, 5);
    await toHaveSeen(before, restarted, promoted);
    expect(consumers.rewinds()).toEqual([{ source: 'projects', rewinds: 0 }]);
    expect(await rewinds()).toEqual([]);
  }, 60_000);

  it('by a dump restored on another server, where transaction ids start again', async () => {
    const { cluster, url } = await startOwner();
    await burn(url, 3_000);
    let owner = await connect(url);
    const { consumers } = reader(() => owner);
    consumers.start();
    const kept = newSubject();
    const before = [await publishTask(owner, kept, 1), ...(await publish(owner, 9))];
    await toHaveSeen(before);
    const dump = `${cluster.home}/projects.dump`;
    await cluster.run('pg_dump', ['-Fc', '-n', 'projects', '-d', 'hivesync', '-f', dump]);
    // An epoch of which the dump knows nothing.
    await cluster.kill();
    await cluster.start();
    await owner.destroy();
    owner = await connect(url);
    const lost = await publish(owner, 20);
    await toHaveSeen(before, lost);

    if ('reason' in installed) return;
    const other = await startCluster(installed);
    const restored = await bootstrap(other.url, { database: 'hivesync', roleSecret: secret });
    await run(restored, 'drop schema projects cascade');
    await other.run('pg_restore', ['-d', 'hivesync', '--exit-on-error', dump]);
    await cluster.kill();
    owner = await connect(restored);
    // Its aggregates go on too, although the outbox holds higher transaction ids.
    const after = [await publishTask(owner, kept, 2), ...(await publish(owner, 9))];
    await toHaveSeen(before, lost, after);
    expect(consumers.rewinds()).toMatchObject([{ source: 'projects' }]);
    await burn(restored, 3_500);
    const then = await publish(owner, 5);
    await toHaveSeen(before, lost, after, then);
  }, 90_000);

  it('by a dump restored over the schema while the server runs', async () => {
    const { cluster, url } = await startOwner();
    let owner = await connect(url);
    const { consumers } = reader(() => owner);
    consumers.start();
    const before = await publish(owner, 5);
    await toHaveSeen(before);
    const dump = `${cluster.home}/projects.dump`;
    await cluster.run('pg_dump', ['-Fc', '-n', 'projects', '-d', 'hivesync', '-f', dump]);
    const lost = await publish(owner, 8);
    await toHaveSeen(before, lost);
    await owner.destroy();
    await cluster.run('pg_restore', ['-d', 'hivesync', '--clean', '--exit-on-error', dump]);
    owner = await connect(url);
    const after = await publish(owner, 12);
    await toHaveSeen(before, lost, after);
    expect(consumers.rewinds()).toEqual([{ source: 'projects', rewinds: 1 }]);
  }, 60_000);

  it('by a copy of its files put back, on the same timeline', async () => {
    const { cluster, url } = await startOwner();
    let owner = await connect(url);
    const { consumers } = reader(() => owner);
    consumers.start();
    const before = await publish(owner, 5);
    await toHaveSeen(before);
    await owner.destroy();
    await cluster.kill();
    const copy = await cluster.copy();
    await cluster.start();
    owner = await connect(url);
    const lost = await publish(owner, 8);
    await toHaveSeen(before, lost);
    await owner.destroy();
    await cluster.kill();
    await cluster.putBack(copy);
    await cluster.start();
    owner = await connect(url);
    const after = await publish(owner, 12);
    await toHaveSeen(before, lost, after);
  }, 60_000);
});
