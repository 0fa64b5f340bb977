import { setTimeout as sleep } from 'node:timers/promises';
import { taskCreated } from '@hivesync/contracts';
import { query, transaction } from '@hivesync/database';
import { meanwhile, openTransaction, settledFeed, silentLogger } from '@hivesync/testing';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { placeOf } from '../src/epochs.ts';
import { feedQuery } from '../src/feed.ts';
import {
  type FeedItem,
  FeedSetBackError,
  heldEvents,
  longPoll,
  OutboxSignal,
  publish,
  publishMany,
  readFeed,
} from '../src/index.ts';
import { newSubject, type Platform, publishTask, startPlatform, task } from './platform.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform(['projects']);
});
beforeEach(() => platform.owner('projects', 'truncate outbox, feed_readers'));
const projects = () => platform.of('projects');

const idOf = ({ event }: FeedItem) => (event as { id: string }).id;

/** All that can be read, in small pages; `held` events wait for a transaction that the test keeps open. */
async function drain(held = 0): Promise<FeedItem[]> {
  await settledFeed(projects(), { held });
  const all: FeedItem[] = [];
  for (;;) {
    const page = await readFeed(projects(), all.at(-1)?.position ?? null, 50);
    if (page.items.length === 0) return all;
    all.push(...page.items);
  }
}

describe('publish', () => {
  it('gives a CloudEvent with its origin', async () => {
    const subject = newSubject();
    const actor = newSubject();
    const id = await transaction(projects(), (tx) =>
      publish(tx, taskCreated, {
        ...task(subject, 1),
        origin: { actorId: actor as never, clientIp: '2001:db8::1', requestId: 'r-1' },
      }),
    );
    const page = await settledFeed(projects());
    expect(page.items).toHaveLength(1);
    expect(page.items[0]!.event).toEqual({
      specversion: '1.0',
      id,
      source: 'hivesync/projects',
      type: 'projects.task.created',
      subject,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      datacontenttype: 'application/json',
      data: task(subject, 1).data,
      aggregateversion: 1,
      actorid: actor,
      clientip: '2001:db8::1',
      requestid: 'r-1',
    });
    expect(page).toMatchObject({ head: page.items[0]!.position, remaining: 0 });
  });

  it('refuses data that does not fit and leaves nothing of the transaction', async () => {
    const bad = { ...task(newSubject(), 1), data: { ...task('', 1).data, number: 'one' as never } };
    const attempt = transaction(projects(), async (tx) => {
      await publish(tx, taskCreated, task(newSubject(), 1));
      await publish(tx, taskCreated, bad);
    });
    await expect(attempt).rejects.toThrow(TypeError);
    expect(await drain()).toEqual([]);
  });

  it('refuses fields that the definition does not know', async () => {
    const data = { ...task('', 1).data, password: 'hunter2' };
    const attempt = transaction(projects(), (tx) => publish(tx, taskCreated, { ...task('x', 1), data }));
    await expect(attempt).rejects.toThrow(/password/);
  });

  it('is not read when the transaction rolls back', async () => {
    const open = await openTransaction(projects());
    await publish(open.tx, taskCreated, task(newSubject(), 1));
    await open.rollback();
    expect(await drain()).toEqual([]);
  });

  it('keeps the order of many given at once', async () => {
    const events = Array.from({ length: 500 }, (_, at) => ({
      ...task(newSubject(), at + 1),
      definition: taskCreated,
    }));
    const ids = await transaction(projects(), (tx) => publishMany(tx, events));
    expect((await drain()).map(idOf)).toEqual(ids);
  });

  it('lets the app role neither rewrite nor truncate history', async () => {
    await publishTask(projects(), newSubject(), 1);
    await expect(query(projects(), `update outbox set type = 'x'`)).rejects.toMatchObject({ code: '42501' });
    await expect(query(projects(), 'truncate outbox')).rejects.toMatchObject({ code: '42501' });
  });
});

describe('readFeed', () => {
  it.each([
    '',
    'x',
    '1',
    '1.',
    '-1.1',
    '1.1.1',
    '01.1',
    '1.1@',
    '1.1@ABCDEF0123456789',
    '1.9223372036854775808',
    '18446744073709551616.1',
  ])('refuses the position %j', async (position) => {
    await expect(readFeed(projects(), position, 10)).rejects.toMatchObject({ code: 'MALFORMED_CURSOR' });
  });

  it('never skips a transaction that commits late', async () => {
    const late = await openTransaction(projects());
    const lateId = await publish(late.tx, taskCreated, task(newSubject(), 1));
    const early = await publishTask(projects(), newSubject(), 1);
    // The later transaction has committed, but showing it would put the position past the one still open.
    expect(await drain(1)).toEqual([]);
    expect(await readFeed(projects(), null, 10)).toMatchObject({
      head: null,
      remaining: 0,
      held: { events: 1 },
    });
    await late.commit();
    expect((await drain()).map(idOf)).toEqual([lateId, early]);
  });

  it('shows what is older than a running transaction', async () => {
    const first = await publishTask(projects(), newSubject(), 1);
    const open = await openTransaction(projects());
    await publish(open.tx, taskCreated, task(newSubject(), 1));
    await publishTask(projects(), newSubject(), 1);
    expect((await drain(1)).map(idOf)).toEqual([first]);
    await open.rollback();
    expect(await drain()).toHaveLength(2);
  });

  it('starts a change again whose transaction began before one that overtook it', async () => {
    const subject = newSubject();
    const early = await openTransaction(projects());
    await publish(early.tx, taskCreated, task(newSubject(), 1));
    await publishTask(projects(), subject, 1);
    const overtaken = publish(early.tx, taskCreated, task(subject, 2)).finally(() => early.rollback());
    await expect(overtaken).rejects.toMatchObject({ code: '40001' });
    await publishTask(projects(), subject, 2);
    const versions = (await drain()).map(
      ({ event }) => (event as { aggregateversion: number }).aggregateversion,
    );
    expect(versions).toEqual([1, 2]);
  });

  it('has no order to keep for subjects without a version', async () => {
    const subject = newSubject();
    const early = await openTransaction(projects());
    await publish(early.tx, taskCreated, task(newSubject(), 1));
    await publishTask(projects(), subject, 0);
    await publish(early.tx, taskCreated, task(subject, 0)).finally(() => early.commit());
    expect(await drain()).toHaveLength(3);
  });

  it('counts what follows a page', async () => {
    for (let at = 0; at < 10; at += 1) await publishTask(projects(), newSubject(), 1);
    const page = await settledFeed(projects(), { limit: 4 });
    expect(page).toMatchObject({ remaining: 6 });
    expect((await settledFeed(projects(), { after: page.items.at(-1)!.position })).remaining).toBe(0);
  });

  it('tells how much an older transaction holds back, and for how long', async () => {
    await publishTask(projects(), newSubject(), 1);
    await expect.poll(() => heldEvents(projects())).toEqual({ events: 0, seconds: 0 });
    // In another database of the server, by somebody who has nothing to do with us.
    const elsewhere = await startPlatform(['projects']);
    const open = await openTransaction(elsewhere.of('projects'));
    await query(open.tx, 'select pg_current_xact_id()');
    for (let at = 0; at < 3; at += 1) await publishTask(projects(), newSubject(), 1);
    await sleep(300);
    const page = await readFeed(projects(), null, 10);
    const held = await heldEvents(projects());
    await open.rollback();
    expect(page).toMatchObject({ remaining: 0, held: { events: 3 } });
    expect(page.items).toHaveLength(1);
    expect(held.events).toBe(3);
    for (const seconds of [held.seconds, page.held!.seconds]) {
      expect(seconds).toBeGreaterThan(0.3);
      expect(seconds).toBeLessThan(30);
    }
    await expect.poll(() => heldEvents(projects())).toEqual({ events: 0, seconds: 0 });
  });

  it('refuses a position that is not of its history, and says where the reader may go on', async () => {
    for (let at = 0; at < 3; at += 1) await publishTask(projects(), newSubject(), 1);
    const [, second, third] = (await drain()).map(({ position }) => position);
    await platform.owner(
      'projects',
      'delete from outbox where position = (select max(position) from outbox)',
    );
    const error = await readFeed(projects(), third!, 10).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FeedSetBackError);
    expect(error).toMatchObject({ code: 'FEED_SET_BACK', rewindTo: second });
    const foreign = `${third!.split('@')[0]}@0123456789abcdef`;
    await expect(readFeed(projects(), foreign, 10)).rejects.toMatchObject({ rewindTo: null });
  });

  it('goes on from positions of a release that knew no epochs', async () => {
    for (let at = 0; at < 3; at += 1) await publishTask(projects(), newSubject(), 1);
    const all = await drain();
    const old = all.map(({ position }) => position.split('@')[0]!);
    expect((await readFeed(projects(), old[1]!, 10)).items).toEqual(all.slice(2));
    // One that is lost, or of a history before epochs: all that it does not know follows it.
    expect((await readFeed(projects(), '999999999999.1', 10)).items).toEqual(all);
  });

  it('has what was written under a former run of the server before all else, whatever its transaction ids', async () => {
    await publishTask(projects(), newSubject(), 1);
    await platform.owner(
      'projects',
      `update outbox set epoch = 0, transaction_id = '999999999999'`,
      'delete from feed_epochs where epoch > 0',
    );
    const before = await readFeed(projects(), null, 10);
    expect(before).toMatchObject({ held: { events: 0 }, items: [{}] });
    const later = await publishTask(projects(), newSubject(), 1);
    expect((await settledFeed(projects(), { after: before.head })).items.map(idOf)).toEqual([later]);
  });

  it('takes changes of an aggregate that was changed under higher transaction ids in a former run', async () => {
    const subject = newSubject();
    await publishTask(projects(), subject, 1);
    await platform.owner('projects', `update outbox set epoch = 0, transaction_id = '999999999999'`);
    await publishTask(projects(), subject, 2);
    const versions = (await drain()).map(
      ({ event }) => (event as { aggregateversion: number }).aggregateversion,
    );
    expect(versions).toEqual([1, 2]);
  });

  it('reads the next page by an index, whatever the size of the outbox', async () => {
    await platform.owner(
      'projects',
      `insert into outbox (transaction_id, id, type, aggregate, subject, aggregate_version, data)
       select (3 + n / 10)::text::xid8, gen_random_uuid(), 'projects.tag.created', 'projects.tag', n::text, 0, '{}'
       from generate_series(1, 20000) as n
       where 3 + n / 10 < pg_snapshot_xmin(pg_current_snapshot())::text::bigint`,
      'analyze outbox',
    );
    const plan = await query<{ 'QUERY PLAN': string }>(
      projects(),
      `explain (analyze, costs off) ${feedQuery}`,
      [...placeOf('300.1'), 200],
    );
    const text = plan.map((row) => row['QUERY PLAN']).join('\n');
    expect(text).not.toContain('Seq Scan on outbox');
    expect(text).toMatch(
      /Index Scan using outbox_epoch_transaction_id_position_key on outbox.*\n\s+Index Cond: .*ROW\(.*> ROW.*AND.*ROW\(.*< ROW/,
    );
  });

  it('gives every event once and each aggregate in order, under writers that commit in any order', async () => {
    const aggregates = Array.from({ length: 8 }, newSubject);
    await platform.owner(
      'projects',
      'create table if not exists counted (id text primary key, version integer not null default 0)',
      'truncate counted',
    );
    await query(projects(), 'insert into counted select unnest($1::text[])', [aggregates]);
    const published: string[] = [];
    let overtaken = 0;
    const writer = async (seed: number): Promise<void> => {
      for (let round = 0; round < 40; round += 1) {
        const ids = await transaction(projects(), async (tx) => {
          const written: string[] = [];
          // Some take their transaction id long before they lock what they change.
          if ((seed + round) % 3 === 0) await query(tx, 'select pg_current_xact_id()');
          if (round % 5 === 0) await query(tx, 'select pg_sleep(random() * 0.01)');
          const chosen = [seed, seed + round].map((at) => aggregates[(at * 7) % 8]!).sort();
          for (const subject of new Set(chosen)) {
            const [row] = await query<{ version: number }>(
              tx,
              'update counted set version = version + 1 where id = $1 returning version',
              [subject],
            );
            written.push(await publish(tx, taskCreated, task(subject, row!.version)));
          }
          if (round % 7 === 0) throw new Error('changed its mind');
          return written;
        }).catch((error: Error & { code?: string }) => {
          if (error.code === '40001') overtaken += 1;
          else if (error.message !== 'changed its mind') throw error;
          return [];
        });
        published.push(...ids);
      }
    };
    const seen: FeedItem[] = [];
    const reader = meanwhile(async (ending) => {
      for (;;) {
        const finished = ending.aborted;
        const page = await readFeed(projects(), seen.at(-1)?.position ?? null, 7);
        seen.push(...page.items);
        if (finished && page.items.length === 0 && page.held?.events === 0) return;
      }
    });
    await Promise.all(Array.from({ length: 10 }, (_, seed) => writer(seed)));
    await reader.stop();
    expect(seen.map(idOf).sort()).toEqual(published.sort());
    expect(published.length).toBeGreaterThan(300);
    const last = new Map<string, number>();
    for (const { event } of seen) {
      const { subject, aggregateversion } = event as { subject: string; aggregateversion: number };
      expect(aggregateversion).toBe((last.get(subject) ?? 0) + 1);
      last.set(subject, aggregateversion);
    }
    console.info(`${published.length} events, ${overtaken} transactions given up after three restarts`);
  });
});

describe('longPoll', () => {
  const listener = () => {
    const signal = OutboxSignal.of(projects(), { logger: silentLogger });
    onTestFinished(() => signal.stop());
    return signal;
  };
  const poll = (signal: OutboxSignal, after: string | null = null) =>
    meanwhile((ending) =>
      longPoll({ dataSource: projects(), signal }, { after, limit: 10, waitSeconds: 30, signal: ending }),
    );

  it('answers as soon as something is published', async () => {
    const signal = listener();
    await expect.poll(() => signal.listening).toBe(true);
    const delays: number[] = [];
    let after: string | null = null;
    for (let at = 0; at < 20; at += 1) {
      const waiting = poll(signal, after);
      await sleep(20);
      await publishTask(projects(), newSubject(), 1);
      const committed = performance.now();
      const page = await waiting.outcome;
      delays.push(performance.now() - committed);
      after = page.items.at(-1)!.position;
    }
    delays.sort((a, b) => a - b);
    console.info(`wake-up: median ${delays[10]!.toFixed(1)} ms, slowest ${delays[19]!.toFixed(1)} ms`);
    expect(delays[10]).toBeLessThan(250);
  });

  it('waits for an event that is held back by an older transaction, without a further notification', async () => {
    const signal = listener();
    const open = await openTransaction(projects());
    await query(open.tx, 'select pg_current_xact_id()');
    await publishTask(projects(), newSubject(), 1);
    const waiting = poll(signal);
    await sleep(200);
    const started = performance.now();
    await open.rollback();
    expect((await waiting.outcome).items).toHaveLength(1);
    // Far from the 30 s after which it would have looked anyway.
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('ends with an empty page at the deadline and when aborted', async () => {
    const signal = listener();
    const feed = { dataSource: projects(), signal };
    const started = performance.now();
    expect((await longPoll(feed, { after: null, limit: 10, waitSeconds: 0.3 })).items).toEqual([]);
    expect(performance.now() - started).toBeGreaterThan(290);
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    const waiting = longPoll(feed, { after: null, limit: 10, waitSeconds: 30, signal: abort.signal });
    expect((await waiting).items).toEqual([]);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('polls while its connection is lost, and reconnects', async () => {
    const signal = listener();
    await expect.poll(() => signal.listening).toBe(true);
    const kill = `select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'hivesync outbox listener' and datname = current_database()`;
    expect(await platform.admin(kill)).toHaveLength(1);
    await expect.poll(() => signal.listening).toBe(false);
    const waiting = poll(signal);
    await publishTask(projects(), newSubject(), 1);
    expect((await waiting.outcome).items).toHaveLength(1);
    await expect.poll(() => signal.listening).toBe(true);
  });

  it('shares one connection among the signals of a database', async () => {
    const signals = [
      OutboxSignal.of(projects(), { logger: silentLogger }),
      OutboxSignal.of(projects(), { logger: silentLogger }),
    ];
    await expect.poll(() => signals.every((signal) => signal.listening)).toBe(true);
    const count = `select count(*)::int as listeners from pg_stat_activity
      where application_name = 'hivesync outbox listener' and datname = current_database()`;
    expect(await platform.admin(count)).toEqual([{ listeners: 1 }]);
    await Promise.all(signals.map((signal) => signal.stop()));
    await expect.poll(() => platform.admin(count)).toEqual([{ listeners: 0 }]);
  });
});
