import { randomBytes } from 'node:crypto';
import { userRegistered } from '@hivesync/contracts';
import { createDataSource } from '@hivesync/database';
import { Consumers, defineSubscriptions, on } from '@hivesync/events';
import {
  atFileEnd,
  emptyDatabase,
  severableProxy,
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
  loadConfig,
  startService,
  stopService,
} from '../src/index.ts';
import { buildNotes } from './support/notes-app.ts';
import { notesDatabase } from './support/notes-database.ts';
import { startNotes } from './support/notes-service.ts';

const alice = testUser();
const logger = createLogger({ service: 'projects', level: 'silent' });

async function until<T>(read: () => Promise<T>, done: (value: T) => boolean, ms = 15_000): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const value = await read();
    if (done(value) || Date.now() > end) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** An app whose database is not connected yet, as `main.ts` makes it. */
async function unconnected(url: string) {
  const tokens = await testTokens();
  const config = loadConfig(baseConfigSchema, {
    PORT: '0',
    DRAIN_SECONDS: '0',
    LOG_LEVEL: 'silent',
    DATABASE_URL: url,
    SERVICE_URLS: '{}',
    SERVICE_PRIVATE_KEY: tokens.privateKey('projects'),
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
      checks: { database: { status: 'ok', ms: expect.any(Number) }, schema: { status: 'ok' } },
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
    const consumers = new Consumers({
      dataSource,
      subscriptions: defineSubscriptions({
        database: notesDatabase,
        handlers: [on(userRegistered, async () => undefined)],
      }),
      sources: [
        {
          service: 'identity',
          read: async () => {
            throw new Error('away');
          },
        },
      ],
    });
    const app = await createApp({
      service: 'projects',
      config: service.config,
      dataSource,
      database: notesDatabase,
      consumers,
      openapi: { title: 'x', description: 'x' },
      logger,
    });
    const answer = await app.inject('/health/ready');
    expect(answer.statusCode).toBe(200);
    expect(answer.json().checks.events).toEqual({
      status: 'ok',
      sources: [{ source: 'identity', behind: null, last_event_at: null }],
    });
    expect((await app.inject('/metrics')).body).toContain('event_consumer_events_total');
    await app.close();
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
  const turnOut = (password: string) =>
    database.query(`alter role ${role} password '${password}';
      select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = '${role}'`);
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
  async function running(): Promise<{ app: App; url: string; serviceToken: string }> {
    const { app, serviceToken } = await unconnected((await testDatabase(notesDatabase)).appUrl('projects'));
    const { url, started } = await startService(app);
    await started;
    return { app, url, serviceToken };
  }

  test('lets requests in flight finish, ends long polls, and closes the pool', async () => {
    const { app, url, serviceToken } = await running();
    const longPoll = fetch(`${url}/internal/events?wait=30`, {
      headers: { authorization: `Bearer ${serviceToken}` },
    });
    const slow = fetch(`${url}/api/v1/slow`);
    await new Promise((done) => setTimeout(done, 200));
    const begun = performance.now();
    await stopService(app);
    expect((await slow).status).toBe(200);
    expect(await (await longPoll).json()).toMatchObject({ items: [] });
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(app.dataSource.isInitialized).toBe(false);
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
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
