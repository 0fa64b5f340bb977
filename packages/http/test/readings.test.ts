import { severableProxy, type TestDatabase, testDatabase } from '@hivesync/testing';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { App } from '../src/index.ts';
import { Readings } from '../src/operations/readings.ts';
import { notesDatabase } from './support/notes-database.ts';
import { startNotes } from './support/notes-service.ts';

/** Samples by name and labels, but for the label that all of them have. */
async function scrape(app: App): Promise<Map<string, number>> {
  const { body, statusCode } = await app.inject('/metrics');
  expect(statusCode).toBe(200);
  const samples = [...body.matchAll(/^(\w+)(?:\{([^}]*)\})? (\S+)$/gm)];
  return new Map(
    samples.map(([, name, labels = '', value]) => [
      `${name}{${labels.replace(/,?service="projects"/, '')}}`,
      Number(value),
    ]),
  );
}

const publish = (database: TestDatabase, count: number, age: string) =>
  database.query(
    `set search_path = projects, public;
     insert into outbox (id, type, aggregate, subject, aggregate_version, data, created_at)
     select gen_random_uuid(), 'projects.note.created', 'projects.note', 'n', 0, '{}', now() - interval '${age}'
     from generate_series(1, ${count})`,
  );

test('a database that hangs: the scrape is whole, in time, says what it does not know, and piles nothing up', async () => {
  const database = await testDatabase(notesDatabase);
  const target = new URL(database.adminUrl);
  const proxy = await severableProxy(Number(target.port), target.hostname);
  const { app } = await startNotes({ on: database, through: proxy.through });
  const well = await scrape(app);
  expect(well.get('database_up{}')).toBe(1);
  expect(well.get('event_outbox_events{}')).toBe(0);
  const readings = [...well.keys()].filter((name) => name.startsWith('metrics_reading_up'));
  expect(readings.length).toBeGreaterThan(3);
  expect(readings.map((name) => well.get(name))).toEqual(readings.map(() => 1));

  proxy.pause();
  const begun = performance.now();
  const first = await scrape(app);
  expect(performance.now() - begun).toBeLessThan(3_000);
  expect(first.get('database_up{}')).toBe(0);
  expect(readings.map((name) => first.get(name))).toEqual(readings.map(() => 0));
  expect(first.has('event_outbox_events{}')).toBe(false);
  expect(first.get('process_start_time_seconds{}')).toBeGreaterThan(0);
  const again = await Promise.all([scrape(app), scrape(app), scrape(app)]);
  const atWork = (samples: Map<string, number>) =>
    samples.get('database_pool_connections{state="busy"}')! +
    samples.get('database_pool_pending_requests{}')!;
  for (const samples of again) expect(atWork(samples)).toBe(1);

  proxy.restore();
  await expect.poll(async () => (await scrape(app)).get('database_up{}')).toBe(1);
});

test('the outbox and its readers are told, by estimate', async () => {
  const database = await testDatabase(notesDatabase);
  const { app } = await startNotes({ on: database });
  await publish(database, 3, '2 days');
  await publish(database, 4, '0');
  await database.query(
    `insert into projects.feed_readers (consumer, seen_at) values ('never', now() - interval '1 hour');
     insert into projects.feed_readers (consumer, transaction_id, position)
     select 'audit', transaction_id, position from projects.outbox where position = 5`,
  );
  const told = await scrape(app);
  expect(told.get('event_outbox_events{}')).toBe(7);
  expect(told.get('event_outbox_size_bytes{}')).toBeGreaterThan(8_192);
  expect(Math.round(told.get('event_outbox_oldest_age_seconds{}')! / 3_600)).toBe(48);
  expect(told.get('event_outbox_retention_seconds{}')).toBe(30 * 86_400);
  expect(told.get('event_feed_reader_lag{consumer="audit"}')).toBe(2);
  expect(told.get('event_feed_reader_lag{consumer="never"}')).toBe(7);
  expect(Math.round(told.get('event_feed_reader_seen_age_seconds{consumer="never"}')! / 60)).toBe(60);
  // What was deleted is nobody's backlog.
  await database.query('delete from projects.outbox where position < 4');
  expect((await scrape(app)).get('event_feed_reader_lag{consumer="never"}')).toBe(4);
});

test('deletions under way are told', async () => {
  const database = await testDatabase(notesDatabase);
  const { app } = await startNotes({ on: database });
  const nothing = await scrape(app);
  expect(nothing.get('reference_sweeps_open{}')).toBe(0);
  expect(nothing.get('reference_sweeps_oldest_age_seconds{}')).toBe(0);
  await database.query(
    `insert into projects.reference_sweeps (aggregate, subject, version, failures, requested_at)
     values ('identity.user', gen_random_uuid(), 1, 2, now() - interval '1 hour'),
            ('identity.user', gen_random_uuid(), 1, 0, now())`,
  );
  const told = await scrape(app);
  expect(told.get('reference_sweeps_open{}')).toBe(2);
  expect(told.get('reference_sweeps_failing{}')).toBe(1);
  expect(Math.round(told.get('reference_sweeps_oldest_age_seconds{}')! / 60)).toBe(60);
});

test('gauges of one reading share it, and what is gone from it is gone from them', async () => {
  const registry = new Registry();
  const readings = new Readings(registry);
  let reads = 0;
  let sizes: Record<string, number> = { a: 1, b: 2 };
  readings.add(
    'boxes',
    async () => {
      reads += 1;
      return sizes;
    },
    {
      boxes: { help: 'How many', tell: (read) => Object.keys(read).length },
      box_size_bytes: {
        help: 'How large each is',
        labels: ['box'],
        tell: (read) => Object.entries(read).map(([box, value]) => ({ labels: { box }, value })),
      },
    },
  );
  const lines = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('box'));
  expect(await lines()).toEqual(['boxes 2', 'box_size_bytes{box="a"} 1', 'box_size_bytes{box="b"} 2']);
  expect(reads).toBe(1);
  sizes = { b: 3 };
  expect(await lines()).toEqual(['boxes 1', 'box_size_bytes{box="b"} 3']);
});

test('a scrape does not show in what it tells of the pool', async () => {
  const { app } = await startNotes();
  for (let n = 0; n < 3; n += 1) {
    const told = await scrape(app);
    expect(told.get('database_pool_pending_requests{}')).toBe(0);
    expect(told.get('database_pool_connections{state="busy"}')).toBe(0);
  }
});
