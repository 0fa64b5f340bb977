import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { atFileEnd, emptyDatabase, meanwhile, type TestDatabase } from '@hivesync/testing';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  connectDataSource,
  createDataSource,
  type DataSource,
  databaseUrl,
  isDatabaseUnavailable,
  onConnectionLost,
  query,
  sqlState,
  transaction,
} from '../src/index.ts';
import { library } from './library.ts';

let database: TestDatabase;
const opened: DataSource[] = [];

beforeAll(async () => {
  database = await emptyDatabase();
});
afterEach(async () => {
  for (const dataSource of opened.splice(0)) if (dataSource.isInitialized) await dataSource.destroy();
});

const open = async (options: Parameters<typeof createDataSource>[2] = {}) => {
  const dataSource = createDataSource(library, database.appUrl('workers'), options);
  opened.push(dataSource);
  return dataSource.initialize();
};
/** What an operator, a failover or a crash does to every session; done when all are gone. */
const killSessions = () =>
  database.query(
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'workers_app' and datname = current_database()`,
  );

describe('a lost database', () => {
  it('takes idle connections without taking the process, and the next query opens new ones', async () => {
    const heard: Error[] = [];
    const app = await open();
    onConnectionLost(app, (error) => heard.push(error));
    await Promise.all(Array.from({ length: 5 }, () => query(app, 'select pg_sleep(0.05)')));
    await killSessions();
    await expect.poll(() => heard).toHaveLength(5);
    expect(await query(app, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('fails queries and transactions under way as unavailable, and only those', async () => {
    const app = await open();
    const killed = Promise.withResolvers<void>();
    const busy = [
      ...Array.from({ length: 4 }, () => query(app, 'select pg_sleep(10)')),
      ...Array.from({ length: 4 }, () =>
        transaction(app, async (tx) => {
          await query(tx, 'select 1');
          await killed.promise;
          await query(tx, 'select 1');
        }),
      ),
    ].map((work) => work.then(() => null, isDatabaseUnavailable));
    const atWork = `select from pg_stat_activity
      where usename = 'workers_app'
        and datname = current_database()
        and (wait_event = 'PgSleep' or state = 'idle in transaction')`;
    try {
      await expect.poll(() => database.query(atWork)).toHaveLength(8);
      await killSessions();
    } finally {
      killed.resolve();
    }
    expect(await Promise.all(busy)).toEqual(Array.from({ length: 8 }, () => true));
    expect(await query(app, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('survives two hundred queries while sessions die at random moments', { timeout: 60_000 }, async () => {
    const app = await open({ poolSize: 6 });
    const outcomes = { answered: 0, unavailable: 0 };
    const killer = meanwhile(async (ending) => {
      while (!ending.aborted) {
        await sleep(Math.random() * 40);
        await killSessions();
      }
    });
    await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        await sleep(Math.random() * 300);
        try {
          if (index % 2 === 0) await query(app, 'select pg_sleep(0.01)');
          else await transaction(app, (tx) => query(tx, 'select pg_sleep(0.01)'));
          outcomes.answered += 1;
        } catch (error) {
          if (!isDatabaseUnavailable(error)) throw error;
          outcomes.unavailable += 1;
        }
      }),
    );
    await killer.stop();
    expect(outcomes.answered + outcomes.unavailable).toBe(200);
    expect(outcomes.unavailable).toBeGreaterThan(0);
    expect(await query(app, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('takes a connection in the moment in which it is handed over', async () => {
    // What the server says from its first ReadyForQuery on arrives in one piece with its farewell.
    const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
    const { port, hostname } = new URL(database.appUrl('workers'));
    const server = createServer((client) => {
      const target = connect(Number(port), hostname);
      const held: Buffer[] = [];
      client.on('error', () => undefined).pipe(target);
      target.on('error', () => undefined).on('end', () => client.end(Buffer.concat(held)));
      target.on('data', (chunk: Buffer) => {
        if (held.length === 0 && !chunk.includes(readyForQuery)) client.write(chunk);
        else if (held.push(chunk) === 1) void killSessions();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const uncaught: unknown[] = [];
    const hear = (error: unknown) => uncaught.push(error);
    process.on('uncaughtException', hear);
    try {
      const url = new URL(database.appUrl('workers'));
      url.port = String((server.address() as AddressInfo).port);
      const outcome = createDataSource(library, url.href)
        .initialize()
        .then(() => 'connected', isDatabaseUnavailable);
      expect(await outcome).toBe(true);
      await sleep(50);
      expect(uncaught).toEqual([]);
    } finally {
      process.off('uncaughtException', hear);
      server.close();
    }
  });

  it('is waited for at the start', async () => {
    const { port } = new URL(database.adminUrl);
    const dataSource = createDataSource(
      library,
      `postgres://nobody:x@127.0.0.1:${port === '1' ? 2 : 1}/nowhere`,
    );
    const failures: unknown[] = [];
    const enough = new AbortController();
    const connecting = connectDataSource(dataSource, {
      signal: enough.signal,
      onFailure: (error) => {
        if (failures.push(error) === 2) enough.abort();
      },
    });
    await expect(connecting).rejects.toMatchObject({ name: 'AbortError' });
    expect(failures).toHaveLength(2);
    expect(failures.every(isDatabaseUnavailable)).toBe(true);

    const late = `${database.name}_late`;
    const url = databaseUrl(database.adminUrl, late);
    let refused = 0;
    const waiting = meanwhile((signal) =>
      connectDataSource(createDataSource(library, url), { signal, onFailure: () => (refused += 1) }),
    );
    await expect.poll(() => refused).toBeGreaterThan(0);
    await database.query(`create database ${late}`);
    const connected = await waiting.outcome;
    expect(connected.isInitialized).toBe(true);
    await connected.destroy();
    await database.query(`drop database ${late}`);
  });
});

describe('a session', () => {
  it('starts with the timeouts and the search path of its role, none of them set by the client', async () => {
    const app = await open();
    const [settings] = await query<Record<string, string>>(
      app,
      `select current_setting('search_path') as path,
              current_setting('statement_timeout') as statement,
              current_setting('lock_timeout') as lock,
              current_setting('idle_in_transaction_session_timeout') as idle,
              (select string_agg(distinct source, ',') from pg_settings where name in ('search_path', 'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout')) as source`,
    );
    expect(settings).toEqual({
      path: 'workers, public',
      statement: '30s',
      lock: '5s',
      idle: '30s',
      source: 'user',
    });
  });
});

describe('isDatabaseUnavailable', () => {
  const as = (user: string, password: string, name = database.name) => {
    const url = new URL(databaseUrl(database.adminUrl, name));
    url.username = user;
    url.password = password;
    return url.href;
  };

  it('is true where nobody is let in: a wrong password, a role or database that is not there', async () => {
    const role = `stranger_${randomBytes(4).toString('hex')}`;
    await database.query(`create role ${role} nologin password 'right'`);
    atFileEnd(() => database.query(`drop role ${role}`));
    const refusal = (url: string) =>
      createDataSource(library, url)
        .initialize()
        .then(
          () => null,
          (error: unknown) => error,
        );
    const refusals = [await refusal(as(role, 'right'))];
    await database.query(`alter role ${role} login`);
    refusals.push(
      await refusal(as(role, 'wrong')),
      await refusal(as(`${role}_gone`, 'right')),
      await refusal(as(role, 'right', `${database.name}_gone`)),
    );
    expect(refusals.map(sqlState)).toEqual(['28000', '28P01', '28P01', '3D000']);
    expect(refusals.map(isDatabaseUnavailable)).toEqual([true, true, true, true]);
  });

  it('does not excuse mistakes', async () => {
    const app = await open();
    for (const wrong of ['selec 1', 'select * from nothing', `select 1 / 0`]) {
      expect(await query(app, wrong).then(() => null, isDatabaseUnavailable)).toBe(false);
    }
    const noFile = await readFile('/nowhere').catch((error: unknown) => error);
    expect(noFile).toMatchObject({ code: 'ENOENT' });
    const aborted = Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
    expect([noFile, aborted, new Error('boom')].map(isDatabaseUnavailable)).toEqual([false, false, false]);
    expect(isDatabaseUnavailable('boom')).toBe(false);
  });
});
