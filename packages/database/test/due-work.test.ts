import { testDatabase } from '@hivesync/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { backoffSeconds, claimDueWork, type DueTable, postponeDueWork, query } from '../src/index.ts';
import { library } from './library.ts';

const database = await testDatabase(library);
const owner = await database.dataSource(library, { as: 'owner', poolSize: 8 });
const chores: DueTable = { name: 'chores', key: 'name', open: 'done_at is null' };
await query(
  owner,
  `create table chores (
     name text primary key,
     attempts integer not null default 0,
     next_attempt_at timestamptz not null default now(),
     last_error text,
     done_at timestamptz
   )`,
);
const stored = () =>
  query<{ name: string; attempts: number; last_error: string | null; seconds: number }>(
    owner,
    `select
       name,
       attempts,
       last_error,
       extract(epoch from next_attempt_at - now())::double precision as seconds
     from chores
     order by name`,
  );
const add = (name: string, due: string) =>
  query(owner, 'insert into chores (name, next_attempt_at) values ($1, now() + $2::interval)', [name, due]);

beforeEach(async () => {
  await query(owner, 'delete from chores');
});

describe('claimDueWork', () => {
  test('takes what has been due for longest, and nothing that is done or not due', async () => {
    await add('later', '1 minute');
    await add('second', '-1 minute');
    await add('first', '-2 minutes');
    await add('done', '-3 minutes');
    await query(owner, `update chores set done_at = now() where name = 'done'`);
    expect(await claimDueWork(owner, chores, 30)).toEqual({ id: 'first', attempts: 1 });
    expect(await claimDueWork(owner, chores, 30)).toEqual({ id: 'second', attempts: 1 });
    expect(await claimDueWork(owner, chores, 30)).toBeUndefined();
  });

  test('gives each piece to one of many who ask at once, for as long as its lease is', async () => {
    for (let n = 0; n < 5; n += 1) await add(`chore ${n}`, '-1 second');
    const claims = await Promise.all(Array.from({ length: 20 }, () => claimDueWork(owner, chores, 30)));
    const ids = claims.flatMap((claim) => claim?.id ?? []);
    expect(ids.sort()).toEqual([0, 1, 2, 3, 4].map((n) => `chore ${n}`));
    await query(owner, `update chores set next_attempt_at = next_attempt_at - interval '31 seconds'`);
    expect(await claimDueWork(owner, chores, 30)).toMatchObject({ attempts: 2 });
  });
});

describe('postponeDueWork', () => {
  test('says why, and until when', async () => {
    await add('hard', '-1 second');
    const claimed = (await claimDueWork(owner, chores, 30))!;
    await postponeDueWork(owner, chores, claimed, 'not today', 3_000);
    expect(await stored()).toMatchObject([{ attempts: 1, last_error: 'not today' }]);
    expect((await stored())[0]!.seconds).toBeGreaterThan(2_900);
  });

  test('changes nothing where somebody else has taken it up since', async () => {
    await add('taken', '-1 second');
    const slow = (await claimDueWork(owner, chores, 0))!;
    expect(await claimDueWork(owner, chores, 30)).toEqual({ id: 'taken', attempts: 2 });
    await postponeDueWork(owner, chores, slow, 'too slow', 3_000);
    const [row] = await stored();
    expect(row).toMatchObject({ attempts: 2, last_error: null });
    expect(row!.seconds).toBeLessThan(31);
  });
});

test('pauses double to an hour, a fifth more or less', () => {
  for (const [attempts, seconds] of [
    [1, 5],
    [2, 10],
    [5, 80],
    [30, 3_600],
  ] as const) {
    for (let n = 0; n < 50; n += 1) {
      expect(backoffSeconds(attempts)).toBeGreaterThanOrEqual(seconds * 0.8);
      expect(backoffSeconds(attempts)).toBeLessThanOrEqual(seconds * 1.2);
    }
  }
});
