import { type TestDatabase, testDatabase } from '@hivesync/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { type DataSource, dropExpiredPartitions, ensurePartitions, query, sqlState } from '../src/index.ts';
import { library } from './library.ts';

const readings = { table: 'readings' };
const day = 86_400_000;

let database: TestDatabase;
let app: DataSource;

beforeEach(async () => {
  database = await testDatabase(library);
  app = await database.dataSource(library, { poolSize: 8 });
});

const partitions = async () =>
  (
    await database.query<{ name: string; bounds: string }>(
      `select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bounds
         from pg_inherits i
         join pg_class c on c.oid = i.inhrelid
         join pg_class p on p.oid = i.inhparent
        where p.relname = 'readings' and p.relkind = 'p'
        order by 1`,
    )
  ).map(({ name }) => name);
const named = (time: number) => `readings_p${new Date(time).toISOString().slice(0, 10).replaceAll('-', '')}`;
const state = (work: Promise<unknown>) => work.then(() => null, sqlState);

describe('ensurePartitions', () => {
  it('was called by the migration, and has nothing to do then', async () => {
    expect(await partitions()).toEqual([0, 1, 2, 3].map((ahead) => named(Date.now() + ahead * day)));
    expect(await ensurePartitions(app, readings)).toBe(0);
  });

  it('makes what is due, once, though twelve ask at the same time', async () => {
    const later = new Date(Date.now() + 30 * day);
    const made = await Promise.all(Array.from({ length: 12 }, () => ensurePartitions(app, readings, later)));
    expect(made.reduce((sum, one) => sum + one)).toBe(4);
    expect(await partitions()).toHaveLength(8);
  });

  it('cuts at midnight UTC, whatever the time zone of the session', async () => {
    const [row] = await query<{ made: number }>(
      app,
      `select ensure_partitions('readings', '2025-03-30T23:30:00-05:00') as made
         from (select set_config('timezone', 'America/New_York', false)) as zone`,
    );
    expect(row?.made).toBe(4);
    expect((await partitions()).slice(0, 2)).toEqual(['readings_p20250331', 'readings_p20250401']);
    await query(
      app,
      `insert into readings (id, created_at, page) values (gen_random_uuid(), '2025-03-31T00:00:00Z', 1)`,
    );
    expect(await query(app, `select tableoid::regclass::text as part from readings`)).toEqual([
      { part: 'readings_p20250331' },
    ]);
  });

  it('gives the app role no right on a partition: what the parent refuses stays refused', async () => {
    const [partition = ''] = await partitions();
    await query(app, 'insert into readings (id, page) values (gen_random_uuid(), 1)');
    expect(await state(query(app, 'update readings set page = 2'))).toBe('42501');
    for (const statement of [
      `update ${partition} set page = 2`,
      `delete from ${partition}`,
      `select * from ${partition}`,
      `drop table ${partition}`,
    ]) {
      expect([statement, await state(query(app, statement))]).toEqual([statement, '42501']);
    }
    expect(await query(app, 'select page from readings')).toEqual([{ page: 1 }]);
  });

  it('has the indexes of its parent', async () => {
    const rows = await database.query(`select from pg_indexes where tablename = $1`, [named(Date.now())]);
    expect(rows).toHaveLength(2);
  });

  it('acts only on declared tables and sane moments', async () => {
    expect(await state(ensurePartitions(app, { table: 'books' }))).toBe('42501');
    expect(await state(ensurePartitions(app, { table: `readings' or true; --` }))).toBe('42501');
    expect(await state(ensurePartitions(app, readings, new Date('2200-01-01')))).toBe('22023');
    expect(await state(query(app, `insert into partition_policies values ('books', 'day', 1, 1)`))).toBe(
      '42501',
    );
    expect(await state(query(app, `update partition_policies set keep_days = 1`))).toBe('42501');
  });

  it('is for the app role only', async () => {
    const stranger = database.appUrl('audit');
    const other = await database.dataSource({ ...library, service: 'audit', entities: [], migrations: [] });
    expect(stranger).toContain('audit_app');
    for (const call of [
      `select workers.ensure_partitions('readings', now())`,
      `select workers.drop_expired_partitions('readings')`,
    ]) {
      expect(await state(query(other, call))).toBe('42501');
    }
  });
});

describe('dropExpiredPartitions', () => {
  it('drops what its policy no longer keeps, by the upper bound', async () => {
    const now = Date.now();
    await ensurePartitions(app, readings, new Date(now - 33 * day));
    expect(await dropExpiredPartitions(app, readings)).toEqual([
      named(now - 33 * day),
      named(now - 32 * day),
      named(now - 31 * day),
    ]);
    expect((await partitions())[0]).toBe(named(now - 30 * day));
    expect(await dropExpiredPartitions(app, readings)).toEqual([]);
  });

  it('is refused where the policy keeps everything', async () => {
    await database.query('update workers.partition_policies set keep_days = null');
    await ensurePartitions(app, readings, new Date(Date.now() - 400 * day));
    const before = await partitions();
    expect(await state(dropExpiredPartitions(app, readings))).toBe('42501');
    expect(await state(dropExpiredPartitions(app, { table: 'books' }))).toBe('42501');
    expect(await partitions()).toEqual(before);
  });
});
