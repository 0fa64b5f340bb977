import { randomBytes } from 'node:crypto';
import { userRegistered } from '@hivesync/contracts';
import { createDataSource, type DataSource, query } from '@hivesync/database';
import { defineSubscriptions, on } from '@hivesync/events';
import {
  atFileEnd,
  emptyDatabase,
  meanwhile,
  openTransaction,
  severableProxy,
  type TestDatabase,
  testDatabase,
  testTokens,
  testUser,
} from '@hivesync/testing';
import { describe, expect, test } from 'vitest';
import {
  type App,
  baseConfigSchema,
  createApp,
  createLogger,
  type Logger,
  loadConfig,
  startService,
  stopService,
} from '../src/index.ts';
import { buildNotes } from './support/notes-app.ts';
import { notesDatabase } from './support/notes-database.ts';
import { startNotes } from './support/notes-service.ts';

const alice = testUser();
const silent = createLogger({ service: 'projects', level: 'silent' });

async function until<T>(read: () => Promise<T>, done: (value: T) => boolean, ms = 15_000): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const value = await read();
    if (done(value) || Date.now() > end) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Lines of the level `info` about what is done in the background. */
function recordedLog() {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger(
    { service: 'projects', level: 'info' },
    {
      write: (text) => {
        const line = JSON.parse(text);
        if (line.msg.includes('outbox')) lines.push(line);
      },
    },
  );
  return { lines, logger };
}

/** As many events as are given, of which only the number matters, each in a transaction of its own. */
async function insertEvents(dataSource: DataSource, count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    await dataSource.query(
      `insert into outbox (id, type, aggregate, subject, aggregate_version, data)
       values (gen_random_uuid(), 'projects.note.created', 'projects.note', 'n', 0, '{}')`,
    );
  }
}

/** An app whose database is not connected yet, as `main.ts` makes it. */
async function unconnected(
  url: string,
  { environment = {}, logger = silent }: { environment?: Record<string, string>; logger?: Logger } = {},
) {
  const tokens = await testTokens();
  const config = loadConfig(baseConfigSchema, {
    PORT: '0',
    DRAIN_SECONDS: '0',
    LOG_LEVEL: 'silent',
    DATABASE_URL: url,
    SERVICE_URLS: '{}',
    SERVICE_PRIVATE_KEY: tokens.privateKey('projects'),
    ...environment,
  });
  const dataSource = createDataSource(notesDatabase, url);
  const app = await buildNotes({ config, dataSource, keys: tokens.keys, logger });
  atFileEnd(() => app.close());
  const token = await tokens.userToken(alice);
  return {
    app,
    serviceToken: await tokens.serviceToken('audit', 'projects'),
    ready: async () => (await app.inject('/health/ready')).statusCode,
    list: () => app.inject({ url: '/api/v1/notes', headers: { authorization: `Bearer ${token}` } }),
  };
}

describe('readiness', () => {
  test('tells each check', async () => {
    const { app } = await startNotes();
    const answer = await app.inject('/health/ready');
    expect(answer.json()).toEqual({
      status: 'ok',
      checks: {
        database: { status: 'ok', ms: expect.any(Number) },
        schema: { status: 'ok' },
        feed: { status: 'ok', held: expect.any(Number), held_seconds: expect.any(Number) },
        // Without being told, as the notes refer to users.
        events: { status: 'ok', sources: [expect.objectContaining({ source: 'identity' })] },
      },
    });
    expect((await app.inject('/health/live')).json()).toEqual({ status: 'ok' });
  });

  test('fails where the database hangs, within its second', async () => {
    const database = await testDatabase(notesDatabase);
    const target = new URL(database.adminUrl);
    const proxy = await severableProxy(Number(target.port), target.hostname);
    const service = await startNotes({ on: database, through: (url) => proxy.through(url) });
    proxy.pause();
    const begun = performance.now();
    const answer = await service.app.inject('/health/ready');
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect([answer.statusCode, answer.json().checks.database.status]).toEqual([503, 'failing']);
    proxy.restore();
    await until(
      () => service.app.inject('/health/ready'),
      ({ statusCode }) => statusCode === 200,
    );
  });

  test('tells how far behind the consumers are, and does not fail by it', async () => {
    const service = await startNotes();
    const { dataSource } = service;
    const app = await createApp({
      service: 'projects',
      config: service.config,
      dataSource,
      database: notesDatabase,
      subscriptions: defineSubscriptions({
        database: notesDatabase,
        handlers: [on(userRegistered, async () => undefined)],
      }),
      eventSources: [
        {
          service: 'identity',
          read: async () => {
            throw new Error('away');
          },
        },
      ],
      openapi: { title: 'x', description: 'x' },
      logger: silent,
    });
    const answer = await app.inject('/health/ready');
    expect(answer.statusCode).toBe(200);
    expect(answer.json().checks.events).toEqual({
      status: 'ok',
      sources: [{ source: 'identity', behind: null, held: null, held_seconds: null, last_event_at: null }],
    });
    await service.database.query(
      `insert into projects.parked_events (source, event_id, position, type, subject, reason, error, attempts, event)
       select 'identity', n::text, '1.1', 't', 's', 'failed', 'e', 5, '{}' from generate_series(1, 3) as n`,
    );
    const { body } = await app.inject('/metrics');
    expect(body).toContain('event_consumer_parked{source="identity",service="projects"} 3');
    expect(body).toContain(
      'event_consumer_events_total{source="identity",outcome="applied",service="projects"} 0',
    );
    expect(body).not.toContain('handlerFailures');
    await app.close();
  });
});

test('an event that another transaction holds back shows in readiness and metrics', async () => {
  const { app, dataSource } = await startNotes();
  const told = async () => {
    const { feed } = (await app.inject('/health/ready')).json().checks;
    const { body } = await app.inject('/metrics');
    return { feed, seconds: Number(/event_feed_held_seconds\{service="projects"\} (\S+)/.exec(body)?.[1]) };
  };
  const nothing = { feed: { status: 'ok', held: 0, held_seconds: 0 }, seconds: 0 };
  expect(await until(told, ({ seconds }) => seconds === 0)).toEqual(nothing);
  const writer = await openTransaction(dataSource);
  await query(writer.tx, 'select pg_current_xact_id()');
  await insertEvents(dataSource, 2);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const { feed, seconds } = await told();
  await writer.rollback();
  expect(feed).toEqual({ status: 'ok', held: 2, held_seconds: expect.any(Number) });
  expect(seconds).toBeGreaterThan(0.1);
  expect(await until(told, (now) => now.seconds === 0)).toEqual(nothing);
});

describe('the outbox', () => {
  /** Three events of 40 days ago and one of 10; audit has read all. What a reader stands at is kept. */
  async function published() {
    const database = await testDatabase(notesDatabase);
    const service = await startNotes({ on: database });
    await insertEvents(service.dataSource, 4);
    await database.query(
      `update projects.outbox set created_at = now() - make_interval(days => case when position < 4 then 40 else 10 end);
       insert into projects.feed_readers (consumer, epoch, transaction_id, position)
       select 'audit', epoch, transaction_id, position from projects.outbox order by position desc limit 1`,
    );
    return database;
  }
  const positions = async (database: TestDatabase) =>
    (await database.query<{ position: string }>('select position from projects.outbox order by 1')).map(
      ({ position }) => Number(position),
    );
  async function serve(database: TestDatabase, environment: Record<string, string> = {}) {
    const { lines, logger } = recordedLog();
    const { app } = await unconnected(database.appUrl('projects'), { environment, logger });
    await (await startService(app)).started;
    return { app, lines };
  }

  test('loses what is older than 30 days and read by everyone; logged and counted', async () => {
    const database = await published();
    const { app, lines } = await serve(database);
    expect(
      await until(
        () => positions(database),
        ({ length }) => length === 1,
      ),
    ).toEqual([4]);
    await until(
      async () => lines.length,
      (length) => length > 0,
    );
    expect(lines).toEqual([expect.objectContaining({ msg: 'outbox pruned', deleted: 3, slowest: 'audit' })]);
    expect((await app.inject('/metrics')).body).toContain('event_outbox_pruned_total{service="projects"} 3');
    await stopService(app);
  });

  test('keeps what the slowest reader has not applied', async () => {
    const database = await published();
    await database.query(
      `insert into projects.feed_readers (consumer, epoch, transaction_id, position)
       select 'identity', epoch, transaction_id, position from projects.outbox where position = 2`,
    );
    const { app } = await serve(database);
    expect(
      await until(
        () => positions(database),
        ({ length }) => length === 3,
      ),
    ).toEqual([2, 3, 4]);
    await stopService(app);
  });

  test('is kept for as long as is configured, for ever with 0', async () => {
    const database = await published();
    for (const days of ['41', '0']) {
      const { app, lines } = await serve(database, { OUTBOX_RETENTION_DAYS: days });
      await stopService(app); // which lets work under way finish
      expect([await positions(database), lines]).toEqual([[1, 2, 3, 4], []]);
    }
    const { app } = await serve(database, { OUTBOX_RETENTION_DAYS: '9' });
    expect(
      await until(
        () => positions(database),
        ({ length }) => length === 1,
      ),
    ).toEqual([4]);
    await stopService(app);
  });
});

describe('a database that is not there', () => {
  test('at the start: the service listens, answers 503, and recovers by itself', async () => {
    const database = await testDatabase(notesDatabase);
    const target = new URL(database.adminUrl);
    const proxy = await severableProxy(Number(target.port), target.hostname);
    proxy.sever();
    const { app, ready, list } = await unconnected(proxy.through(database.appUrl('projects')));
    const { url, started } = await startService(app);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect(await ready()).toBe(503);
    const refused = await list();
    expect(refused.json()).toMatchObject({ status: 503, code: 'DATABASE_UNAVAILABLE' });
    expect(refused.headers['retry-after']).toBe('2');
    proxy.restore();
    await started;
    expect(await ready()).toBe(200);
    expect((await list()).statusCode).toBe(200);
    await stopService(app);
  });

  test('in between: 503, and 200 again when it is back', async () => {
    const database = await testDatabase(notesDatabase);
    const target = new URL(database.adminUrl);
    const proxy = await severableProxy(Number(target.port), target.hostname);
    const { app, ready, list } = await unconnected(proxy.through(database.appUrl('projects')));
    await (await startService(app)).started;
    expect((await list()).statusCode).toBe(200);
    proxy.sever();
    const answers = await Promise.all(Array.from({ length: 10 }, list));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(10).fill(503));
    expect(answers[0]?.json().code).toBe('DATABASE_UNAVAILABLE');
    expect(await ready()).toBe(503);
    proxy.restore();
    expect(await until(ready, (status) => status === 200)).toBe(200);
    expect((await list()).statusCode).toBe(200);
    await stopService(app);
  });
});

test('a password that is changed under a running service: 503, and 200 again when it is set back', async () => {
  const database = await testDatabase(notesDatabase);
  // A role of its own: those of the service belong to every database of the server.
  const role = `notes_${randomBytes(4).toString('hex')}`;
  await database.query(`create role ${role} login password 'first' in role projects_app;
    alter role ${role} set search_path = projects, public`);
  atFileEnd(() => database.query(`drop role ${role}`));
  const url = new URL(database.adminUrl);
  Object.assign(url, { username: role, password: 'first' });
  const { app, ready, list } = await unconnected(url.href);
  await (await startService(app)).started;
  const turnOut = async (password: string) => {
    // Committed by itself: what works in the background connects again at once, and must not get in before that.
    await database.query(`alter role ${role} password '${password}'`);
    await database.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = '${role}'`,
    );
  };
  await turnOut('second');
  const refused = await until(list, ({ statusCode }) => statusCode !== 200);
  expect([refused.statusCode, refused.json().code]).toEqual([503, 'DATABASE_UNAVAILABLE']);
  expect((await list()).json().code).toBe('DATABASE_UNAVAILABLE');
  expect(await ready()).toBe(503);
  await database.query(`alter role ${role} password 'first'`);
  expect((await until(list, ({ statusCode }) => statusCode === 200)).statusCode).toBe(200);
  await stopService(app);
});

test('a schema that is behind is found before anything listens, and the command is told', async () => {
  const { app } = await unconnected((await emptyDatabase()).appUrl('projects'));
  await expect(startService(app)).rejects.toThrow(
    'schema projects is behind: CreateNotes1763800000000 not applied. Run: npx turbo run migrate --filter=@hivesync/projects',
  );
  expect(app.server.listening).toBe(false);
});

describe('shutting down', () => {
  async function running(): Promise<{
    app: App;
    url: string;
    serviceToken: string;
    logged: string[];
  }> {
    const logged: string[] = [];
    const logger = createLogger(
      { service: 'projects', level: 'info' },
      { write: (line) => logged.push(JSON.parse(line).msg) },
    );
    const url = (await testDatabase(notesDatabase)).appUrl('projects');
    const { app, serviceToken } = await unconnected(url, { logger });
    const listening = await startService(app);
    await listening.started;
    return { app, url: listening.url, serviceToken, logged };
  }

  test('lets requests in flight finish, ends long polls, and closes the pool', async () => {
    const { app, url, serviceToken, logged } = await running();
    const headers = { authorization: `Bearer ${serviceToken}` };
    const longPoll = meanwhile((signal) => fetch(`${url}/internal/events?wait=30`, { headers, signal }));
    // Its first act is to note who reads.
    await expect.poll(() => app.dataSource.query('select consumer from feed_readers')).toHaveLength(1);
    const slow = meanwhile((signal) => fetch(`${url}/api/v1/slow`, { signal }));
    await expect.poll(() => logged, { interval: 10 }).toContain('slow begins');
    const begun = performance.now();
    await stopService(app);
    expect((await slow.outcome).status).toBe(200);
    expect(await (await longPoll.outcome).json()).toMatchObject({ items: [] });
    expect(performance.now() - begun).toBeLessThan(15_000);
    expect(app.dataSource.isInitialized).toBe(false);
    await expect(fetch(`${url}/health/live`)).rejects.toThrow('fetch failed');
  });

  test('readiness fails while requests are still served', async () => {
    const { app } = await running();
    app.lifecycle.drain();
    const ready = await app.inject('/health/ready');
    expect([ready.statusCode, ready.json().checks.shutdown.status]).toEqual([503, 'failing']);
    expect((await app.inject('/api/v1/slow')).statusCode).toBe(200);
    await stopService(app);
  });

  test('a request that comes after is told so', async () => {
    const { app } = await running();
    await app.lifecycle.stop();
    expect((await app.inject('/api/v1/slow')).json()).toMatchObject({ status: 503, code: 'SHUTTING_DOWN' });
  });

  test('work in the background ends before the pool does', async () => {
    const { app } = await unconnected((await testDatabase(notesDatabase)).appUrl('projects'));
    const turns: string[] = [];
    app.lifecycle.whenReady('once', () => turns.push('once'));
    app.lifecycle.every('often', 0.05, async () => {
      turns.push('begun');
      await app.dataSource.query('select pg_sleep(0.1)');
      turns.push('ended');
    });
    await (await startService(app)).started;
    await until(
      async () => turns.length,
      (length) => length >= 6,
    );
    await stopService(app);
    expect(turns[0]).toBe('once');
    expect(turns.filter((turn) => turn === 'begun')).toHaveLength(
      turns.filter((turn) => turn === 'ended').length,
    );
  });
});

test('metrics tell requests by route, and the pool', async () => {
  const { app, as } = await startNotes();
  await as(alice).get('/api/v1/notes');
  await app.inject('/api/v1/nothing/7');
  const { body, headers } = await app.inject('/metrics');
  expect(headers['content-type']).toContain('text/plain');
  expect(body).toMatch(
    /http_request_duration_seconds_count\{service="projects",method="GET",route="\/api\/v1\/notes",status="200"\} 1/,
  );
  expect(body).toContain('route="unmatched"');
  expect(body).not.toContain('nothing/7');
  expect(body).toMatch(/database_pool_connections\{state="idle",service="projects"\} \d/);
});
