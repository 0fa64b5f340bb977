import { type TestDatabase, testDatabase } from '@hivesync/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { type DataSource, newId, query, sqlState, transaction } from '../src/index.ts';
import { library } from './library.ts';

let database: TestDatabase;
let app: DataSource;

beforeAll(async () => {
  database = await testDatabase(library);
  await database.query('create table workers.counters (name text primary key, value integer not null)');
  await database.query('grant select, insert, update, delete on workers.counters to workers_app');
  app = await database.dataSource(library);
  await query(app, `insert into counters values ('a', 0), ('b', 0)`);
});

describe('query', () => {
  it('gives rows, whatever the statement', async () => {
    expect(await query(app, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await query(app, `select $1::int as n, $2 as t`, [2, 'x'])).toEqual([{ n: 2, t: 'x' }]);
    expect(await query(app, `insert into counters values ('c', 1) returning name`)).toEqual([{ name: 'c' }]);
    expect(await query(app, `update counters set value = 2 where name = 'c' returning value`)).toEqual([
      { value: 2 },
    ]);
    expect(await query(app, `update counters set value = 3 where name = 'c'`)).toEqual([]);
    expect(await query(app, `delete from counters where name = 'c' returning *`)).toEqual([
      { name: 'c', value: 3 },
    ]);
    expect(await query(app, 'select 1 where false')).toEqual([]);
    expect(await query(app, 'select 1 as x union all select 2')).toEqual([{ x: 1 }, { x: 2 }]);
    expect(await query(app, `set application_name = 'tests'`)).toEqual([]);
  });
});

describe('transaction', () => {
  it('commits, or rolls all back and passes the error on', async () => {
    await expect(
      transaction(app, async (tx) => {
        await query(tx, `update counters set value = 100`);
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await query(app, 'select sum(value)::int as sum from counters')).toEqual([{ sum: 0 }]);
  });

  it('runs again after a deadlock, so that both sides succeed', async () => {
    let attempts = 0;
    const gate = Promise.withResolvers<void>();
    let waiting = 0;
    const touch = (first: string, second: string) =>
      transaction(app, async (tx) => {
        attempts += 1;
        await query(tx, 'update counters set value = value + 1 where name = $1', [first]);
        waiting += 1;
        if (waiting >= 2) gate.resolve();
        await gate.promise;
        await query(tx, 'update counters set value = value + 1 where name = $1', [second]);
      });
    await Promise.all([touch('a', 'b'), touch('b', 'a')]);
    expect(attempts).toBeGreaterThan(2);
    expect(await query(app, `select value from counters where name in ('a', 'b')`)).toEqual([
      { value: 2 },
      { value: 2 },
    ]);
  });

  it('is not given up because others were faster a few times', async () => {
    let attempts = 0;
    const overtaken = transaction(app, async (tx) => {
      attempts += 1;
      if (attempts <= 6)
        await query(tx, `do $$ begin raise exception 'again' using errcode = '40001'; end $$`);
      return 'done';
    });
    await expect(overtaken).resolves.toBe('done');
    expect(attempts).toBe(7);
  });

  it('gives up after nine more attempts', async () => {
    let attempts = 0;
    const failing = transaction(app, async (tx) => {
      attempts += 1;
      await query(tx, `do $$ begin raise exception 'again' using errcode = '40001'; end $$`);
    });
    expect(await failing.then(() => null, sqlState)).toBe('40001');
    expect(attempts).toBe(10);
  });
});

describe('newId', () => {
  it('makes UUIDs of version 7 that sort by time', () => {
    const ids = Array.from({ length: 1000 }, () => newId<never>() as string);
    expect(new Set(ids).size).toBe(1000);
    expect([...ids].sort()).toEqual(ids);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
