import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { referenceSwept } from '@hivesync/contracts';
import { applyReferenceDeleted, type DataSource, newId, query, transaction } from '@hivesync/database';
import { sweepAll } from '@hivesync/events';
import { createLogger } from '@hivesync/http';
import { atFileEnd, type TestDatabase, testDatabase } from '@hivesync/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { database } from '../../src/app.ts';
import { cancelNext } from '../../src/cancellations/subscription-cancellation.service.ts';
import { lemonSqueezyClient } from '../../src/provider/lemon-squeezy.ts';
import { type LemonSqueezyServer, startLemonSqueezy } from '../provider/lemon-squeezy-server.ts';
import { startBilling } from '../service.ts';

let server: TestDatabase;
let app: DataSource;
let other: DataSource;
let provider: LemonSqueezyServer;
const never = new AbortController().signal;

beforeAll(async () => {
  server = await testDatabase();
  app = await server.dataSource(database);
  other = await server.dataSource(database);
});
beforeEach(async () => {
  provider = await startLemonSqueezy();
  await empty(server);
});

const empty = (of: TestDatabase) =>
  of.query(`truncate billing.subscription_cancellations, billing.subscriptions, billing.user_refs,
                     billing.reference_sweeps, billing.outbox`);

const cancel = (source = app, deadlineMs = 5_000) => {
  const { url, apiKey } = provider;
  return cancelNext(source, lemonSqueezyClient({ url, apiKey, deadlineMs }), never);
};

/** Somebody with a subscription, here and at the provider. */
async function subscriber(
  status = 'active',
  on = server,
): Promise<{ user: string; id: string; atProvider: string }> {
  const [user, id] = [newId(), newId()];
  const atProvider = String(Math.floor(Math.random() * 1e9));
  await on.query('insert into billing.user_refs (id) values ($1)', [user]);
  await on.query(
    `insert into billing.subscriptions (id, user_id, subscription_id, status, tier)
     values ($1, $2, $3, $4::billing.subscription_status,
             case when $4 = 'expired' then 'free' else 'pro' end::billing.tier)`,
    [id, user, atProvider, status],
  );
  provider.subscriptions.set(atProvider, 'active');
  return { user, id, atProvider };
}

const deleteUser = (user: string, source = app) =>
  transaction(source, (tx) => applyReferenceDeleted(tx, database, 'identity.user', user, 2));
const sweep = () => sweepAll(app, database);

/** A live subscriber whose account was deleted, and the sweep of which has begun. */
async function leaver() {
  const one = await subscriber();
  await deleteUser(one.user);
  await sweep();
  return one;
}

interface Cancellation {
  attempts: number;
  last_error: string | null;
  outcome: string | null;
  completed_at: Date | null;
  pause: number;
}
async function cancellation(id: string): Promise<Cancellation | undefined> {
  const [row] = await server.query<Cancellation & object>(
    `select attempts, last_error, outcome, completed_at,
            extract(epoch from next_attempt_at - now())::float as pause
       from billing.subscription_cancellations
      where subscription_id = $1`,
    [id],
  );
  return row;
}
const becomeDue = () => query(app, 'update subscription_cancellations set next_attempt_at = now()');

const told = (type: string) =>
  server.query<{ subject: string; data: Record<string, unknown> }>(
    'select subject, data from billing.outbox where type = $1 order by transaction_id, position',
    [type],
  );
const acknowledged = () => told('billing.subscription.cancel_acknowledged');
const swept = () => told(referenceSwept('billing').type);

describe('the deletion of a subscriber', () => {
  test('is complete when the provider has acknowledged, and not before', async () => {
    const { user, id, atProvider } = await subscriber();
    const row = () => server.query('select * from billing.subscriptions where id = $1', [id]);
    const before = await row();
    await deleteUser(user);
    await sweep();
    expect(await told('billing.subscription.cancel_requested')).toEqual([
      { subject: id, data: { user_id: user, reason: 'account_deleted' } },
    ]);
    expect(await cancellation(id)).toMatchObject({ attempts: 0, completed_at: null });
    expect(provider.requests).toEqual([]);
    expect(await swept()).toEqual([]);

    expect(await cancel()).toBe(true);
    expect(provider.subscriptions.get(atProvider)).toBe('cancelled');
    expect(await acknowledged()).toEqual([
      { subject: id, data: { user_id: user, outcome: 'canceled', attempts: 1 } },
    ]);
    await sweep();
    expect(await swept()).toMatchObject([
      { subject: user, data: { aggregate: 'identity.user', removed: { subscription_cancellations: 1 } } },
    ]);
    expect(await cancel()).toBe(false);
    expect(provider.requests).toHaveLength(1);
    // What the provider says of it arrives by its webhook, and by that alone.
    expect(await row()).toEqual(before);
  });

  test.each(['active', 'past_due', 'paused'])('cancels one that is %s', async (status) => {
    const { user } = await subscriber(status);
    await deleteUser(user);
    await sweep();
    expect(await cancel()).toBe(true);
    await sweep();
    expect(await swept()).toHaveLength(1);
  });

  test.each(['canceled', 'expired', 'none'])('asks nothing where it is %s', async (status) => {
    const user = status === 'none' ? newId() : (await subscriber(status)).user;
    await deleteUser(user);
    await sweep();
    expect(await swept()).toMatchObject([{ subject: user, data: { removed: {} } }]);
    expect(await cancel()).toBe(false);
    expect(provider.requests).toEqual([]);
  });

  test('told twice cancels once', async () => {
    const { user } = await leaver();
    await transaction(app, (tx) => applyReferenceDeleted(tx, database, 'identity.user', user, 3));
    await sweep();
    await cancel();
    await sweep();
    expect(await told('billing.subscription.cancel_requested')).toHaveLength(1);
    expect(await swept()).toMatchObject([{ data: { removed: { subscription_cancellations: 1 } } }]);
  });

  test('leaves others alone, and does not hold them up', async () => {
    const stays = await subscriber();
    await leaver();
    const free = newId();
    await deleteUser(free);
    await sweep();
    expect((await swept()).map(({ subject }) => subject)).toEqual([free]);
    await cancel();
    expect(provider.subscriptions.get(stays.atProvider)).toBe('active');
  });

  test('of one that the provider does not have is acknowledged too, and says so', async () => {
    const { id, user, atProvider } = await leaver();
    provider.subscriptions.delete(atProvider);
    expect(await cancel()).toBe(true);
    expect(await acknowledged()).toEqual([
      { subject: id, data: { user_id: user, outcome: 'not_found', attempts: 1 } },
    ]);
    await sweep();
    expect(await swept()).toHaveLength(1);
  });
});

describe('a provider that does not do it', () => {
  test('and fails is asked again after ever longer pauses, until it does', async () => {
    const { id } = await leaver();
    provider.trouble.push({ status: 500 }, { status: 503 }, { status: 502 });
    for (const [attempts, status] of [
      [1, 500],
      [2, 503],
      [3, 502],
    ] as const) {
      await expect(cancel()).rejects.toMatchObject({ failure: 'failing' });
      const { pause = 0, ...row } = (await cancellation(id)) ?? {};
      expect(row).toMatchObject({
        attempts,
        last_error: `LemonSqueezy: failing (${status})`,
        completed_at: null,
      });
      const planned = 5 * 2 ** (attempts - 1);
      expect(pause).toBeGreaterThan(planned * 0.7);
      expect(pause).toBeLessThan(planned * 1.3);
      expect(await cancel()).toBe(false);
      await sweep();
      expect(await swept()).toEqual([]);
      await becomeDue();
    }
    expect(await cancel()).toBe(true);
    expect(await cancellation(id)).toMatchObject({ attempts: 4, last_error: null, outcome: 'canceled' });
    await sweep();
    expect(await swept()).toHaveLength(1);
  });

  test.each([
    ['throttles', 429, { 'retry-after': '77' }, 77],
    ['throttles without a word of how long', 429, {}, 60],
    ['refuses the key', 401, {}, 300],
  ])('but %s has all of them wait', async (_what, status, headers, seconds) => {
    const [one, two] = [await leaver(), await leaver()];
    provider.trouble.push({ status, headers });
    await expect(cancel()).rejects.toMatchObject({ failure: status === 429 ? 'throttled' : 'refused' });
    for (const { id } of [one, two]) {
      expect(((await cancellation(id))?.pause ?? 0) / seconds).toBeCloseTo(1, 1);
    }
    expect(await cancel()).toBe(false);
    expect(provider.requests).toHaveLength(1);
    await becomeDue();
    expect([await cancel(), await cancel(), await cancel()]).toEqual([true, true, false]);
  });

  test('and does not answer is given up for now', async () => {
    const { id } = await leaver();
    provider.trouble.push('silence', 'cut');
    await expect(cancel(app, 150)).rejects.toMatchObject({ failure: 'timeout' });
    await becomeDue();
    await expect(cancel()).rejects.toMatchObject({ failure: 'unreachable' });
    expect(await cancellation(id)).toMatchObject({ attempts: 2, completed_at: null });
  });
});

describe('a call', () => {
  test('happens with no transaction open', async () => {
    await leaver();
    let open: unknown;
    provider.beforeAnswer = async () => {
      open = await server.query(
        `select query from pg_stat_activity
          where datname = current_database() and usename = 'billing_app' and xact_start is not null`,
      );
    };
    await cancel();
    expect(open).toEqual([]);
  });

  test('is made by one replica, however many there are', async () => {
    const leavers = [];
    for (let count = 0; count < 8; count += 1) leavers.push(await leaver());
    const at = new Set<string>();
    let twice = 0;
    provider.beforeAnswer = async () => {
      const path = provider.requests.at(-1)?.path ?? '';
      if (at.has(path)) twice += 1;
      at.add(path);
      await new Promise((done) => setTimeout(done, 20));
    };
    const worker = async (source: DataSource) => {
      while (await cancel(source));
    };
    await Promise.all([worker(app), worker(other), worker(app), worker(other)]);
    expect(provider.held.most).toBeGreaterThan(1);
    expect([twice, provider.requests.length]).toEqual([0, leavers.length]);
    expect(await acknowledged()).toHaveLength(leavers.length);
  });

  test('whose answer comes after another replica took over changes nothing', async () => {
    const { id } = await leaver();
    provider.trouble.push('silence', { status: 500 });
    const late = cancel(app, 600);
    await expect.poll(() => provider.requests.length).toBe(1);
    await becomeDue();
    await expect(cancel(other)).rejects.toMatchObject({ failure: 'failing' });
    await expect(late).rejects.toMatchObject({ failure: 'timeout' });
    expect(await cancellation(id)).toMatchObject({ attempts: 2, last_error: 'LemonSqueezy: failing (500)' });
    await becomeDue();
    expect(await cancel(other)).toBe(true);

    const again = await leaver();
    provider.beforeAnswer = async () => {
      provider.beforeAnswer = () => undefined;
      await becomeDue();
      await cancel(other);
    };
    expect(await cancel()).toBe(true);
    expect((await acknowledged()).filter(({ subject }) => subject === again.id)).toHaveLength(1);
  });
});

/** The service in a process of its own, as it is run for real. */
async function run(environment: Record<string, string>) {
  const from = join(import.meta.dirname, '../../../../packages/http/test/support/run-source.mjs');
  const child = spawn(process.execPath, [from, join(import.meta.dirname, '../../src/main.ts')], {
    env: { PATH: process.env.PATH, PORT: '0', SERVICE_URLS: '{}', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  atFileEnd(() => child.kill('SIGKILL'));
  child.stdout.resume();
  return child;
}

test('killed between call and record, it is called again and recorded once', {
  timeout: 60_000,
}, async () => {
  const { tokens, close } = await startBilling();
  await close();
  const { id, user, atProvider } = await leaver();
  const environment = {
    DATABASE_URL: server.appUrl('billing'),
    SERVICE_PRIVATE_KEY: tokens.privateKey('billing'),
    LEMONSQUEEZY_API_URL: provider.url,
    LEMONSQUEEZY_API_KEY: provider.apiKey,
  };
  const first = await run(environment);
  provider.beforeAnswer = async () => {
    provider.beforeAnswer = () => undefined;
    const ended = once(first, 'exit');
    first.kill('SIGKILL');
    await ended;
  };
  await expect.poll(() => first.signalCode, { timeout: 30_000 }).toBe('SIGKILL');
  expect(provider.subscriptions.get(atProvider)).toBe('cancelled');
  expect(await cancellation(id)).toMatchObject({ attempts: 1, completed_at: null, last_error: null });
  await sweep();
  expect(await swept()).toEqual([]);

  await becomeDue(); // as the lease's end would have it
  const second = await run(environment);
  await expect
    .poll(swept, { timeout: 30_000 })
    .toMatchObject([{ subject: user, data: { removed: { subscription_cancellations: 1 } } }]);
  second.kill('SIGKILL');
  await once(second, 'exit');
  expect(provider.requests.map(({ method }) => method)).toEqual(['DELETE', 'DELETE']);
  expect(await acknowledged()).toMatchObject([{ subject: id, data: { outcome: 'canceled', attempts: 2 } }]);
});

describe('the running service', () => {
  const lines: string[] = [];
  const logger = createLogger({ service: 'billing', level: 'trace' }, { write: (line) => lines.push(line) });
  beforeEach(() => {
    lines.length = 0;
  });
  const ready = async (service: Awaited<ReturnType<typeof startBilling>>) =>
    (await service.asStranger().get('/health/ready')).json().checks.cancellations;
  const measured = async (service: Awaited<ReturnType<typeof startBilling>>, name: string) => {
    const { body } = await service.asStranger().get('/metrics');
    return new RegExp(`^subscription_cancellations_${name}\\{[^}]*\\} (\\d+)$`, 'm').exec(body)?.[1];
  };

  test('cancels by itself, tells how it stands, and never tells the key', async () => {
    const service = await startBilling(
      { LEMONSQUEEZY_API_URL: provider.url, LEMONSQUEEZY_API_KEY: provider.apiKey },
      { logger },
    );
    await service.app.lifecycle.start();
    const { user, atProvider } = await subscriber('active', service.database);
    provider.trouble.push({ status: 500 });
    await deleteUser(user, service.dataSource);
    await expect
      .poll(() => ready(service), { timeout: 10_000 })
      .toMatchObject({
        status: 'ok',
        provider: 'configured',
        open: 1,
        failing: 1,
      });
    expect([await measured(service, 'open'), await measured(service, 'failing')]).toEqual(['1', '1']);
    await query(service.dataSource, 'update subscription_cancellations set next_attempt_at = now()');
    await expect.poll(() => ready(service), { timeout: 10_000 }).toMatchObject({ open: 0, failing: 0 });
    expect(provider.subscriptions.get(atProvider)).toBe('cancelled');
    const done = () =>
      service.database.query(`select from billing.reference_sweeps where completed_at is not null`);
    await expect.poll(async () => (await done()).length, { timeout: 10_000 }).toBe(1);
    await service.close();
    const log = lines.join('');
    expect(log).toContain('subscription not canceled yet');
    expect(log).not.toContain(provider.apiKey);
  });

  test('closes in the middle of a call without waiting for it', async () => {
    const service = await startBilling(
      { LEMONSQUEEZY_API_URL: provider.url, LEMONSQUEEZY_API_KEY: provider.apiKey },
      { logger },
    );
    await service.app.lifecycle.start();
    const { user } = await subscriber('active', service.database);
    provider.trouble.push('silence');
    await deleteUser(user, service.dataSource);
    await expect.poll(() => provider.requests.length, { timeout: 10_000 }).toBe(1);
    const begun = performance.now();
    await service.close();
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(
      await service.database.query('select attempts, last_error from billing.subscription_cancellations'),
    ).toEqual([{ attempts: 1, last_error: null }]);
  });

  test('without a key calls nobody, leaves the deletion open, and says so', async () => {
    const service = await startBilling({ LEMONSQUEEZY_API_URL: provider.url }, { logger });
    const { user } = await subscriber('active', service.database);
    await deleteUser(user, service.dataSource);
    await sweepAll(service.dataSource, database);
    await service.app.lifecycle.start();
    await expect.poll(() => lines.join('')).toContain('LEMONSQUEEZY_API_KEY is not set');
    expect(await ready(service)).toMatchObject({ status: 'ok', provider: 'not configured', open: 1 });
    expect(await measured(service, 'open')).toBe('1');
    await sweepAll(service.dataSource, database);
    expect(
      await service.database.query('select completed_at, failures from billing.reference_sweeps'),
    ).toEqual([{ completed_at: null, failures: 0 }]);
    expect(provider.requests).toEqual([]);
  });

  test.each(['line\nbreak', 'naïve', 'two words'])(
    'refuses a key that no header can hold: %j',
    async (key) => {
      await expect(startBilling({ LEMONSQUEEZY_API_KEY: key })).rejects.toThrow(
        /^Configuration: LEMONSQUEEZY_API_KEY/,
      );
      await expect(startBilling({ LEMONSQUEEZY_API_KEY: key })).rejects.not.toThrow(key);
    },
  );
});
