import { sql } from '@hivesync/database';
import { beforeAll, describe, expect, it } from 'vitest';
import { feedEpochsDown, forgettingDown, platformTablesDown, unknownEventsDown } from '../src/index.ts';
import { type Platform, startPlatform, tablesOfPlatform } from './platform.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform(['projects']);
});

const objects = () =>
  platform.admin(
    `select relname as name from pg_class where relnamespace = 'projects'::regnamespace
     union all
     select proname from pg_proc where pronamespace = 'projects'::regnamespace
     order by name`,
  );

describe('platform tables', () => {
  it('go without a trace and come back the same', async () => {
    const before = await objects();
    expect(before.length).toBeGreaterThan(10);
    await platform.owner(
      'projects',
      ...unknownEventsDown(),
      ...feedEpochsDown(),
      ...forgettingDown(),
      ...sql.referenceSweepsDown(),
      sql.dropUpdatedAtFunction(),
      ...platformTablesDown(),
    );
    expect(await objects()).toEqual([]);
    await platform.owner('projects', ...tablesOfPlatform('projects'));
    expect(await objects()).toEqual(before);
  });

  it('move updated_at on every update, and outbox has none to move', async () => {
    const rows = await platform.admin(
      `select table_name::text as "table"
       from information_schema.columns
       where table_schema = 'projects'
         and column_name = 'updated_at'
       order by 1`,
    );
    expect(rows.map(({ table }) => table)).toEqual([
      'event_cursors',
      'feed_readers',
      'idempotency_keys',
      'parked_events',
      'reference_sweeps',
    ]);
    const source = platform.of('projects');
    await source.query(`insert into event_cursors (source) values ('audit')`);
    const moved: unknown = await source.query(
      `update event_cursors set cursor = '1.1' returning updated_at > created_at as moved`,
    );
    expect(moved).toEqual([[{ moved: true }], 1]);
  });
});
