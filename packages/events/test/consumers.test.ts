import { type CloudEvent, commentDeleted, taskCreated } from '@hivesync/contracts';
import { query, transaction } from '@hivesync/database';
import { openTransaction } from '@hivesync/testing';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  defineSubscriptions,
  discardParked,
  type EventSource,
  type FeedPage,
  on,
  onAny,
  parkedEvents,
  publish,
  publishMany,
  replay,
  retryParked,
} from '../src/index.ts';
import {
  consumersOf,
  effects,
  effectsTable,
  newSubject,
  type Platform,
  publishTask,
  recordingLogger,
  startPlatform,
  task,
  writeEffect,
} from './platform.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform(['projects', 'audit']);
  await platform.owner('audit', effectsTable);
});
beforeEach(async () => {
  await platform.owner('projects', 'truncate outbox, feed_readers');
  await platform.owner('audit', 'truncate effects, event_cursors, parked_events');
});
const projects = () => platform.of('projects');
const audit = () => platform.of('audit');
const applied = async () => (await effects(audit())).map(({ subject, version }) => `${subject} ${version}`);
const subscriptionsWith = (handle: (event: CloudEvent) => void) =>
  defineSubscriptions({
    database: { service: 'audit', entities: [], migrations: [] },
    handlers: [
      on(taskCreated, async (tx, event) => {
        await writeEffect(tx, event);
        handle(event);
      }),
    ],
  });

describe('consumers', () => {
  it('apply each event once, in order, and say how far they are', async () => {
    const subject = newSubject();
    await publishTask(projects(), subject, 1);
    const consumers = consumersOf(platform, [on(taskCreated, writeEffect)]);
    expect(await consumers.lag()).toEqual([
      { source: 'projects', behind: null, held: null, lastEventAt: null },
    ]);
    consumers.start();
    await publishTask(projects(), subject, 2);
    await publishTask(projects(), subject, 3);
    await expect.poll(applied).toEqual([1, 2, 3].map((version) => `${subject} ${version}`));
    await expect
      .poll(() => consumers.lag())
      .toEqual([
        {
          source: 'projects',
          behind: 0,
          held: { events: 0, seconds: 0 },
          lastEventAt: expect.any(Date),
        },
      ]);
    expect(consumers.counters()).toMatchObject([{ source: 'projects', applied: 3, parked: 0, outages: 0 }]);
  });

  it('go on where they stopped', async () => {
    const subject = newSubject();
    const first = consumersOf(platform, [on(taskCreated, writeEffect)]);
    first.start();
    await publishTask(projects(), subject, 1);
    await expect.poll(applied).toHaveLength(1);
    await first.stop();
    await publishTask(projects(), subject, 2);
    const second = consumersOf(platform, [on(taskCreated, writeEffect)]);
    second.start();
    await expect.poll(applied).toEqual([`${subject} 1`, `${subject} 2`]);
  });

  it('are behind by what their source holds back, although they cannot read it', async () => {
    const consumers = consumersOf(platform, [on(taskCreated, writeEffect)], { waitSeconds: 0 });
    const open = await openTransaction(projects());
    await query(open.tx, 'select pg_current_xact_id()');
    await publishTask(projects(), newSubject(), 1);
    await publishTask(projects(), newSubject(), 1);
    consumers.start();
    await expect
      .poll(() => consumers.lag())
      .toMatchObject([{ behind: 2, held: { events: 2, seconds: expect.any(Number) } }]);
    await open.rollback();
    await expect.poll(() => consumers.lag()).toMatchObject([{ behind: 0, held: { events: 0, seconds: 0 } }]);
    expect(await applied()).toHaveLength(2);
  });

  it('finish the batch under way when stopped', async () => {
    const subject = newSubject();
    await publishTask(projects(), subject, 1);
    let entered = false;
    const consumers = consumersOf(platform, [
      on(taskCreated, async (tx, event) => {
        entered = true;
        await query(tx, 'select pg_sleep(0.3)');
        await writeEffect(tx, event);
      }),
    ]);
    consumers.start();
    await expect.poll(() => entered).toBe(true);
    await consumers.stop();
    expect(await applied()).toEqual([`${subject} 1`]);
  });

  it('are one at a time for a service and source, and take over from each other', async () => {
    const subjects = Array.from({ length: 5 }, newSubject);
    let running = 0;
    let most = 0;
    const handler = on(taskCreated, async (tx, event) => {
      running += 1;
      most = Math.max(most, running);
      await writeEffect(tx, event);
      running -= 1;
    });
    const replicas = [1, 2, 3].map(() => consumersOf(platform, [handler], { limit: 7 }));
    for (const replica of replicas) replica.start();
    for (let version = 1; version <= 40; version += 1) {
      await transaction(projects(), (tx) =>
        publishMany(
          tx,
          subjects.map((subject) => ({ ...task(subject, version), definition: taskCreated })),
        ),
      );
      if (version === 20) await replicas[0]!.stop();
    }
    await expect.poll(applied, { timeout: 15_000 }).toHaveLength(200);
    const rows = await effects(audit());
    expect(new Set(rows.map((row) => row.event_id)).size).toBe(200);
    for (const subject of subjects) {
      const versions = rows.filter((row) => row.subject === subject).map((row) => row.version);
      expect(versions).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
    }
    expect(most).toBe(1);
  });

  it('have an effect exactly once when the connection is killed between effect and commit', async () => {
    const subjects = Array.from({ length: 6 }, newSubject);
    let kills = 0;
    const consumers = consumersOf(platform, [
      on(taskCreated, async (tx, event) => {
        await writeEffect(tx, event);
        if (kills < 3) {
          kills += 1;
          const [row] = await query<{ pid: number }>(tx, 'select pg_backend_pid() as pid');
          await platform.admin('select pg_terminate_backend($1, 5000)', [row!.pid]);
        }
      }),
    ]);
    for (const subject of subjects) await publishTask(projects(), subject, 1);
    consumers.start();
    await expect.poll(applied, { timeout: 10_000 }).toEqual(subjects.map((subject) => `${subject} 1`));
    await consumers.stop();
    expect(kills).toBe(3);
    expect(await applied()).toHaveLength(6);
    expect(await parkedEvents(audit())).toEqual([]);
    expect(consumers.counters()[0]!.outages).toBe(3);
    expect(consumers.counters()[0]!.handlerFailures).toBe(0);
  });

  it('have an effect exactly once when the connection is killed inside the commit', async () => {
    await platform.owner(
      'audit',
      'create sequence deaths',
      `create function die_three_times() returns trigger language plpgsql as $$
       begin
         if nextval('deaths') <= 3 then
           perform pg_terminate_backend(pg_backend_pid()), pg_sleep(5);
         end if;
         return null;
       end $$`,
      `create constraint trigger effects_die after insert on effects
         deferrable initially deferred for each row execute function die_three_times()`,
    );
    const subject = newSubject();
    const consumers = consumersOf(platform, [onAny(writeEffect)]);
    for (const version of [1, 2, 3]) await publishTask(projects(), subject, version);
    consumers.start();
    await expect.poll(applied, { timeout: 5_000 }).toHaveLength(3);
    await consumers.stop();
    await platform.owner('audit', 'drop function die_three_times cascade', 'drop sequence deaths');
    expect(await applied()).toEqual([1, 2, 3].map((version) => `${subject} ${version}`));
    expect(consumers.counters()).toMatchObject([{ outages: 3, handlerFailures: 0, applied: 3 }]);
  });

  it('survive connections being killed at any moment', async () => {
    const subjects = Array.from({ length: 4 }, newSubject);
    const consumers = consumersOf(platform, [on(taskCreated, writeEffect)], { limit: 5 });
    consumers.start();
    for (let version = 1; version <= 50; version += 1) {
      for (const subject of subjects) await publishTask(projects(), subject, version);
      if (version % 5 === 0) {
        await platform.admin(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hivesync/audit'`,
        );
      }
    }
    // The pool that asks has been hit as well: it may take a try or two.
    const count = () =>
      applied().then(
        (rows) => rows.length,
        () => -1,
      );
    await expect.poll(count, { timeout: 15_000 }).toBe(200);
    const rows = await effects(audit());
    for (const subject of subjects) {
      const versions = rows.filter((row) => row.subject === subject).map((row) => row.version);
      expect(versions).toEqual(Array.from({ length: 50 }, (_, at) => at + 1));
    }
    expect(await parkedEvents(audit())).toEqual([]);
  });

  it('wait for a source that cannot be read, without losing or parking anything', async () => {
    const logger = recordingLogger();
    let broken = true;
    const reads: (string | null)[] = [];
    const real = consumersOf(platform, []);
    await real.stop();
    const subject = newSubject();
    const source: EventSource = {
      service: 'projects',
      read: async (after, options) => {
        reads.push(after);
        if (broken) throw new TypeError('fetch failed');
        const { readFeed } = await import('../src/index.ts');
        return readFeed(projects(), after, options.limit);
      },
    };
    const consumers = consumersOf(platform, [on(taskCreated, writeEffect)], { sources: [source], logger });
    consumers.start();
    await publishTask(projects(), subject, 1);
    await expect.poll(() => reads.length).toBeGreaterThan(2);
    expect((await consumers.lag())[0]!.behind).toBeNull();
    broken = false;
    await expect.poll(applied).toEqual([`${subject} 1`]);
    expect(logger.lines.some(({ level, message }) => level === 'warn' && /interrupted/.test(message))).toBe(
      true,
    );
  });
});

describe('events of which this release knows nothing', () => {
  it('lose only the fields that are new to it', async () => {
    const seen: unknown[] = [];
    const consumers = consumersOf(platform, [
      on(taskCreated, async (_tx, event) => {
        seen.push(event.data);
      }),
    ]);
    const data = JSON.stringify({ ...task('', 1).data, colour: 'blue' });
    await query(
      projects(),
      `insert into outbox (id, type, aggregate, subject, aggregate_version, data)
       values (gen_random_uuid(), 'projects.task.created', 'projects.task', $1, 1, $2)`,
      [newSubject(), data],
    );
    consumers.start();
    await expect.poll(() => seen).toEqual([task('', 1).data]);
  });
});

describe('an event that cannot be applied', () => {
  it('is parked after its attempts, with what follows it on its subject, and nothing else', async () => {
    const [bad, good] = [newSubject(), newSubject()];
    const logger = recordingLogger();
    const attempts: number[] = [];
    const consumers = consumersOf(
      platform,
      [
        on(taskCreated, async (tx, event) => {
          await writeEffect(tx, event);
          if (event.subject !== bad || event.aggregateversion !== 1) return;
          attempts.push(Date.now());
          throw new Error('no such \0 colour');
        }),
      ],
      { logger },
    );
    await transaction(projects(), (tx) =>
      publishMany(
        tx,
        [task(good, 1), task(bad, 1), task(good, 2), task(bad, 2), task(good, 3)].map((event) => ({
          ...event,
          definition: taskCreated,
        })),
      ),
    );
    consumers.start();
    await expect.poll(applied).toEqual([1, 2, 3].map((version) => `${good} ${version}`));
    const parked = await parkedEvents(audit());
    expect(parked).toMatchObject([
      { source: 'projects', subject: bad, type: 'projects.task.created', reason: 'failed', attempts: 3 },
      { subject: bad, reason: 'behind', attempts: 0 },
    ]);
    expect(parked[0]!.error).toContain('no such \uFFFD colour');
    // Once in the batch, then three times alone.
    expect(attempts).toHaveLength(4);
    expect(logger.lines.filter(({ level }) => level === 'error')).toHaveLength(2);

    await publishTask(projects(), bad, 3);
    await publishTask(projects(), good, 4);
    await expect.poll(applied).toContain(`${good} 4`);
    expect(await parkedEvents(audit(), { subject: bad })).toHaveLength(3);
    expect(consumers.counters()).toMatchObject([{ parked: 3, applied: 4 }]);
    const fresh = consumersOf(platform, []);
    expect(await fresh.parked()).toEqual([{ source: 'projects', events: 3 }]);
  });

  it('can be retried in order once its handler is mended', async () => {
    const subject = newSubject();
    const consumers = consumersOf(platform, [
      on(taskCreated, async () => {
        throw new Error('broken');
      }),
    ]);
    for (const version of [1, 2, 3]) await publishTask(projects(), subject, version);
    consumers.start();
    await expect.poll(() => parkedEvents(audit())).toHaveLength(3);

    const stillBroken = subscriptionsWith((event) => {
      if (event.aggregateversion === 2) throw new Error('version 2 is odd');
    });
    expect(await retryParked(audit(), stillBroken, { subject })).toEqual({ applied: 1, failed: 1 });
    expect(await applied()).toEqual([`${subject} 1`]);
    const [second] = await parkedEvents(audit());
    expect(second).toMatchObject({ attempts: 1, error: 'Error: version 2 is odd' });

    expect(
      await retryParked(
        audit(),
        subscriptionsWith(() => undefined),
        { source: 'projects' },
      ),
    ).toEqual({
      applied: 2,
      failed: 0,
    });
    expect(await applied()).toEqual([1, 2, 3].map((version) => `${subject} ${version}`));
    expect(await parkedEvents(audit())).toEqual([]);
  });

  it('can be given up, which frees what waits behind it', async () => {
    const subject = newSubject();
    const consumers = consumersOf(platform, [
      on(taskCreated, async () => {
        throw new Error('broken');
      }),
    ]);
    for (const version of [1, 2]) await publishTask(projects(), subject, version);
    consumers.start();
    await expect.poll(() => parkedEvents(audit())).toHaveLength(2);
    const [first] = await parkedEvents(audit());
    expect(await discardParked(audit(), 'projects', first!.event_id)).toBe(true);
    expect(await discardParked(audit(), 'projects', first!.event_id)).toBe(false);
    expect(
      await retryParked(
        audit(),
        subscriptionsWith(() => undefined),
      ),
    ).toEqual({ applied: 1, failed: 0 });
    expect(await applied()).toEqual([`${subject} 2`]);
  });

  it('is parked when it is no event, or another service speaks in it', async () => {
    const subject = newSubject();
    const real = {
      specversion: '1.0',
      id: newSubject(),
      source: 'hivesync/projects',
      type: 'projects.task.created',
      subject,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      data: task(subject, 1).data,
      aggregateversion: 1,
    };
    const bad: unknown[] = [
      null,
      'text',
      { ...real, id: 'x\0\ud800' },
      { ...real, id: newSubject(), source: 'hivesync/billing', subject: 'a' },
      { ...real, id: newSubject(), data: { number: 'one' }, subject: 'b' },
      { ...real, id: newSubject(), time: 'yesterday', subject: 'c' },
      // Its own name on the feed, and another's deed in it.
      { ...real, id: newSubject(), type: 'identity.user.deleted', data: {}, subject: 'e' },
      { ...real, id: newSubject(), type: 'identity.what.is.not.known', data: {}, subject: 'f' },
    ];
    const behind = { ...real, id: newSubject(), subject: 'b', aggregateversion: 2 };
    const items = [...bad, behind, { ...real, subject: 'd' }].map((event, at) => ({
      position: `10.${at + 1}`,
      event,
    }));
    const source: EventSource = {
      service: 'projects',
      read: async (after): Promise<FeedPage> => ({
        items: after ? [] : items,
        head: `10.${items.length}`,
        remaining: 0,
      }),
    };
    const consumers = consumersOf(platform, [onAny(writeEffect)], { sources: [source] });
    consumers.start();
    await expect.poll(applied).toEqual(['d 1']);
    expect((await parkedEvents(audit())).map(({ reason }) => reason)).toEqual([
      ...bad.map(() => 'invalid'),
      'behind',
    ]);
  });

  it('is found when its handler swallows an error of the database', async () => {
    const [bad, good] = [newSubject(), newSubject()];
    const consumers = consumersOf(platform, [
      on(taskCreated, async (tx, event) => {
        if (event.subject === bad) await query(tx, 'select 1 / 0').catch(() => undefined);
        else await writeEffect(tx, event);
      }),
    ]);
    await publishTask(projects(), bad, 1);
    await publishTask(projects(), good, 1);
    consumers.start();
    await expect.poll(applied).toEqual([`${good} 1`]);
    expect(await parkedEvents(audit())).toMatchObject([{ subject: bad, reason: 'failed' }]);
  });
});

describe('replay', () => {
  it('gives a running consumer its whole history again, parked events included', async () => {
    const [first, second] = [newSubject(), newSubject()];
    let broken = true;
    const consumers = consumersOf(platform, [
      on(taskCreated, async (tx, event) => {
        if (broken && event.subject === second) throw new Error('broken');
        await writeEffect(tx, event);
      }),
    ]);
    consumers.start();
    await publishTask(projects(), first, 1);
    await publishTask(projects(), second, 1);
    await expect.poll(() => parkedEvents(audit())).toHaveLength(1);
    broken = false;
    await replay(audit(), 'projects');
    await expect.poll(applied, { timeout: 5_000 }).toEqual([`${first} 1`, `${first} 1`, `${second} 1`]);
    expect(await parkedEvents(audit())).toEqual([]);
  });
});

describe('defineSubscriptions', () => {
  it('derives the sources from the types', () => {
    const database = { service: 'audit' as const, entities: [], migrations: [] };
    const handlers = [on(taskCreated, writeEffect), on(commentDeleted, writeEffect)];
    expect(defineSubscriptions({ database, handlers }).sources).toEqual(['projects']);
    expect(defineSubscriptions({ database, handlers, sources: ['identity'] }).sources).toEqual([
      'identity',
      'projects',
    ]);
  });

  it('needs an event source for each', () => {
    expect(() => consumersOf(platform, [], { sources: [] })).toThrow(/projects/);
  });
});

describe('speed', () => {
  it('publishes and applies thousands of events a second', async () => {
    const events = Array.from({ length: 5_000 }, () => ({
      ...task(newSubject(), 1),
      definition: taskCreated,
    }));
    const consumers = consumersOf(platform, [on(taskCreated, writeEffect)]);
    const start = performance.now();
    for (const event of events.slice(0, 500)) {
      await transaction(projects(), (tx) => publish(tx, taskCreated, event));
    }
    const single = performance.now();
    for (let at = 500; at < 5_000; at += 100) {
      await transaction(projects(), (tx) => publishMany(tx, events.slice(at, at + 100)));
    }
    const bulk = performance.now();
    consumers.start();
    await expect.poll(async () => (await consumers.lag())[0]!.behind, { timeout: 20_000 }).toBe(0);
    const end = performance.now();
    expect(await applied()).toHaveLength(5_000);
    const rate = (count: number, milliseconds: number) => Math.round((count * 1_000) / milliseconds);
    console.info(
      `published one by one ${rate(500, single - start)}/s, in hundreds ${rate(4_500, bulk - single)}/s, ` +
        `applied ${rate(5_000, end - bulk)}/s`,
    );
  });
});
