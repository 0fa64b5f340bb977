import { type TestDatabase, testDatabase } from '@hivesync/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  applyReferenceDeleted,
  constraintViolation,
  correctReferences,
  type DataSource,
  meetKnown,
  meetReferences,
  newId,
  query,
  transaction,
} from '../../src/index.ts';
import { library, UserRef } from '../library.ts';

let database: TestDatabase;
let app: DataSource;
let owner: DataSource;

beforeAll(async () => {
  database = await testDatabase(library);
  app = await database.dataSource(library);
  owner = await database.dataSource(library, { as: 'owner' });
});

const told = (id: string, version: number) =>
  transaction(app, (tx) => applyReferenceDeleted(tx, library, 'identity.user', id, version));
const met = (id: string, version: number) =>
  transaction(app, (tx) => meetReferences(tx, UserRef, [{ id, version, fields: { display_name: 'Al' } }]));
const row = async (id: string) =>
  (await query(app, 'select state, version, display_name from user_refs where id = $1', [id]))[0];

async function tombstone(): Promise<string> {
  const id = newId<never>();
  await met(id, 1);
  await told(id, 3);
  return id;
}

/** Whoever holds the table can switch a trigger off: that the owner is bound keeps him from doing it in passing. */
describe.each([
  ['the app role', () => app],
  ['the owner', () => owner],
])('%s', (_who, role) => {
  it.each([
    ['revived', `update user_refs set state = 'active', deleted_at = null where id = $1`],
    ['removed', 'delete from user_refs where id = $1'],
    ['renamed', 'update user_refs set id = gen_random_uuid() where id = $1'],
    ['set back', 'update user_refs set version = version - 1 where id = $1'],
    [
      'revived by an upsert',
      `insert into user_refs (id, version) values ($1, 9)
       on conflict (id) do update set state = 'active', version = 9, deleted_at = null`,
    ],
  ])('gets no tombstone %s', async (_what, statement) => {
    const id = await tombstone();
    const refusal = await query(role(), statement, [id]).then(() => null, constraintViolation);
    expect(refusal).toMatchObject({
      code: '23001',
      table: 'user_refs',
      constraint: 'user_refs_keep_tombstones',
    });
    expect(await row(id)).toEqual({ state: 'deleted', version: 3, display_name: null });
  });
});

it('of many rows in one statement, a tombstone refuses them all', async () => {
  const [alive, dead] = [newId<never>(), await tombstone()];
  await met(alive, 1);
  await expect(
    query(app, 'delete from user_refs where id = any($1::uuid[])', [[alive, dead]]),
  ).rejects.toThrow(`row ${dead} of table "user_refs" is a tombstone`);
  expect(await row(alive)).toMatchObject({ state: 'active' });
});

it('what is told late, twice or again goes on', async () => {
  const id = await tombstone();
  await met(id, 2);
  await met(id, 100);
  await transaction(app, (tx) => meetKnown(tx, UserRef, [id]));
  const wrong = [{ id, version: 2, seen: 3, fields: { display_name: 'Al', tier: null } }];
  expect(await transaction(app, (tx) => correctReferences(tx, UserRef, wrong))).toEqual([]);
  await told(id, 3);
  await told(id, 2);
  expect(await row(id)).toEqual({ state: 'deleted', version: 3, display_name: null });
  await told(id, 5);
  expect(await row(id)).toEqual({ state: 'deleted', version: 5, display_name: null });
});

it('a row that is alive is changed, set back and removed as before', async () => {
  const id = newId<never>();
  await met(id, 4);
  const right = [{ id, version: 2, seen: 4, fields: { display_name: 'Bo', tier: null } }];
  expect(await transaction(app, (tx) => correctReferences(tx, UserRef, right))).toEqual([id]);
  expect(await row(id)).toEqual({ state: 'active', version: 2, display_name: 'Bo' });
  await query(app, 'delete from user_refs where id = $1', [id]);
  expect(await row(id)).toBeUndefined();
});

it('a revival that waits for the deletion is refused when that has committed', async () => {
  const id = newId<never>();
  await met(id, 1);
  let revival: Promise<unknown> = Promise.resolve();
  await transaction(app, async (tx) => {
    await applyReferenceDeleted(tx, library, 'identity.user', id, 2);
    revival = query(
      app,
      `update user_refs set state = 'active', deleted_at = null, version = 7 where id = $1`,
      [id],
    ).then(() => null, constraintViolation);
    const waiting = () =>
      database.query(
        `select from pg_stat_activity where datname = $1 and wait_event_type = 'Lock' and query ~ 'version = 7'`,
        [database.name],
      );
    await expect.poll(waiting, { timeout: 10_000 }).toHaveLength(1);
  });
  expect(await revival).toMatchObject({ code: '23001' });
  expect(await row(id)).toMatchObject({ state: 'deleted', version: 2 });
});
