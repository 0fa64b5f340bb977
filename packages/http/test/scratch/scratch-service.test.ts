/**
 * A service that has only declared its references and migrated: all that the platform promises of them follows.
 * Its owners are apps of their own, with their own tables, reached over HTTP through a proxy that can fail.
 */
import {
  applyReferenceDeleted,
  migrateUp,
  newId,
  query,
  referenceDeclarations,
  schemaDrift,
  schemaRules,
  transaction,
} from '@hivesync/database';
import {
  emptyDatabase,
  type SeverableProxy,
  severableProxy,
  type TestDatabase,
  testTokens,
  testUser,
} from '@hivesync/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startScratch } from './scratch-app.ts';
import { scratchDatabase } from './scratch-database.ts';
import { ownerDatabase, type ScratchOwner, startOwner } from './scratch-owner.ts';

const caller = testUser();
let database: TestDatabase;
let users: ScratchOwner;
let projects: ScratchOwner;
let way: SeverableProxy;
let scratch: Awaited<ReturnType<typeof startScratch>>;

beforeAll(async () => {
  database = await emptyDatabase();
  const tokens = await testTokens();
  for (const one of [scratchDatabase, ownerDatabase('identity.user'), ownerDatabase('projects.project')]) {
    await migrateUp(one, database.ownerUrl(one.service));
  }
  users = await startOwner('identity.user', database, tokens);
  projects = await startOwner('projects.project', database, tokens);
  way = await severableProxy(Number(new URL(users.url).port));
  const serviceUrls = { identity: way.through(users.url), projects: projects.url };
  scratch = await startScratch({ on: database, tokens, serviceUrls });
});
beforeEach(() => {
  users.asked.length = 0;
  projects.asked.length = 0;
});

const person = (display_name: string) => ({ display_name, avatar_url: null, tier: 'free' });
async function user(name = 'Alice'): Promise<string> {
  const id = newId();
  await users.add(id, person(name));
  return id;
}
async function project(name = 'Hive'): Promise<string> {
  const id = newId();
  await projects.add(id, { name, owner_id: newId() });
  return id;
}
const lend = (loan: object) => scratch.as(caller).post('/api/v1/loans', { title: 'Dune', ...loan });
const lendMany = (loans: object[]) =>
  scratch.as(caller).post('/api/v1/loans/bulk', { loans: loans.map((loan) => ({ title: 'Dune', ...loan })) });
const pathsOf = (answer: Awaited<ReturnType<typeof lend>>) => {
  const { code, errors } = answer.json();
  return [answer.statusCode, code, errors?.map(({ path }: { path: string }) => path)];
};
const loan = async (id: string) => {
  const [row] = await query<Record<string, unknown>>(
    scratch.dataSource,
    'select borrower_id, approved_by, witness, project_id from loans where id = $1',
    [id],
  );
  return row;
};
const refs = (id: string) =>
  query(scratch.dataSource, 'select state, version, display_name, tier from user_refs where id = $1', [id]);
const rows = async () => {
  const [counted] = await query<Record<string, number>>(
    scratch.dataSource,
    `select (select count(*) from loans)::integer as loans,
            (select count(*) from user_refs)::integer as users,
            (select count(*) from project_refs)::integer as projects`,
  );
  return counted;
};
const soon = { timeout: 15_000 };

test('the schema is in order', async () => {
  const owner = await database.dataSource(scratchDatabase, { as: 'owner' });
  expect(await schemaDrift(owner, scratchDatabase)).toEqual([]);
  expect(await schemaRules(owner, scratchDatabase)).toEqual([]);
  expect(referenceDeclarations(scratchDatabase)).toHaveLength(4);
});

describe('written', () => {
  test('what does not exist is 422 with each field, and nothing is written', async () => {
    const before = await rows();
    const alice = await user();
    expect(pathsOf(await lend({ borrower_id: newId(), witness: alice, project_id: newId() }))).toEqual([
      422,
      'UNKNOWN_REFERENCE',
      ['body/borrower_id', 'body/project_id'],
    ]);
    expect(
      pathsOf(await lendMany([{ borrower_id: alice }, { borrower_id: alice, witness: newId() }])),
    ).toEqual([422, 'UNKNOWN_REFERENCE', ['body/loans/1/witness']]);
    expect(await rows()).toEqual(before);
  });

  test('two fields and many rows are one call to each owner; what is known is none', async () => {
    const [alice, bob, carol, hive] = [await user(), await user('Bob'), await user(), await project()];
    const loans = [
      { borrower_id: alice, approved_by: bob, project_id: hive },
      { borrower_id: bob, witness: carol, project_id: hive },
      { borrower_id: caller.id },
    ];
    expect((await lendMany(loans)).statusCode).toBe(201);
    expect(users.asked.map((ids) => ids.toSorted())).toEqual([[alice, bob, carol].toSorted()]);
    expect(projects.asked).toEqual([[hive]]);
    expect(await refs(bob)).toEqual([{ state: 'active', version: 1, display_name: 'Bob', tier: 'free' }]);

    expect((await lendMany(loans)).statusCode).toBe(201);
    const dave = await user();
    expect((await lend({ borrower_id: dave, witness: alice, project_id: hive })).statusCode).toBe(201);
    expect(users.asked.slice(1)).toEqual([[dave]]);
    expect(projects.asked).toHaveLength(1);
  });

  test('while its owner is away: 503 with Retry-After, nothing written; what is known is written', async () => {
    const [known, stranger, hive] = [await user(), await user(), await project()];
    expect((await lend({ borrower_id: known })).statusCode).toBe(201);
    const before = await rows();
    way.sever();
    try {
      const answer = await lend({ borrower_id: stranger, project_id: hive });
      expect([answer.statusCode, answer.json().code]).toEqual([503, 'UPSTREAM_UNAVAILABLE']);
      expect(answer.headers['retry-after']).toBe('2');
      expect(await rows()).toEqual(before);
      expect((await lend({ borrower_id: known })).statusCode).toBe(201);
    } finally {
      way.restore();
    }
    expect((await lend({ borrower_id: stranger, project_id: hive })).statusCode).toBe(201);
  });
});

describe('told by the owner', () => {
  test('a change keeps the fields fresh', async () => {
    const alice = await user();
    await lend({ borrower_id: alice });
    await users.change(alice, { ...person('Alicia'), tier: 'pro' });
    await expect
      .poll(() => refs(alice), soon)
      .toEqual([{ state: 'active', version: 2, display_name: 'Alicia', tier: 'pro' }]);
  });

  test('a deletion does to each column as declared', async () => {
    const [alice, bob, hive] = [await user(), await user('Bob'), await project()];
    const answer = await lendMany([
      { borrower_id: alice },
      { borrower_id: bob, approved_by: alice, witness: alice },
      { borrower_id: bob, project_id: hive },
    ]);
    const [borrowed, vouched, shared] = answer.json().ids;
    await users.remove(alice);
    await expect.poll(() => loan(borrowed), soon).toBeUndefined();
    await expect
      .poll(() => loan(vouched), soon)
      .toEqual({ borrower_id: bob, approved_by: null, witness: alice, project_id: null });
    expect(await refs(alice)).toEqual([{ state: 'deleted', version: 2, display_name: null, tier: null }]);
    await projects.remove(hive);
    await expect.poll(() => loan(shared), soon).toBeUndefined();
    expect(await loan(vouched)).toMatchObject({ borrower_id: bob, witness: alice });
    users.asked.length = 0;
    expect(pathsOf(await lend({ borrower_id: alice }))).toEqual([
      422,
      'UNKNOWN_REFERENCE',
      ['body/borrower_id'],
    ]);
    expect(users.asked).toEqual([]);
  });

  test('a change follows what the owner says even where its server lost the changes before', async () => {
    const alice = await user('Alice');
    await lend({ borrower_id: alice });
    await users.change(alice, person('Alice B.'));
    await users.change(alice, person('Alice C.'));
    await users.change(alice, person('Alice D.'));
    await expect.poll(() => refs(alice), soon).toMatchObject([{ version: 4, display_name: 'Alice D.' }]);
    await users.lose(2, alice, { version: 2, data: person('Alice B.') });
    // Nothing happens there any more, so it is the refusal alone that brings the name back.
    await expect.poll(() => refs(alice), soon).toMatchObject([{ version: 2, display_name: 'Alice B.' }]);
    await users.change(alice, person('Alice E.'));
    await expect.poll(() => refs(alice), soon).toMatchObject([{ version: 3, display_name: 'Alice E.' }]);
    const told = await query<{ data: object }>(
      scratch.dataSource,
      `select data from outbox where type = 'workers.feed.rewound'`,
    );
    expect(told).toMatchObject([{ data: { source: 'identity' } }]);
    const metrics = await scratch.asStranger().get('/metrics');
    expect(metrics.body).toContain('event_consumer_rewinds_total{source="identity",service="workers"} 1');
  });

  test('a write that races the deletion is refused', async () => {
    const [alice, bob] = [await user(), await user('Bob')];
    await lendMany([{ borrower_id: alice }, { borrower_id: bob }]);
    const before = await rows();
    const { racing } = await transaction(scratch.dataSource, async (tx) => {
      await applyReferenceDeleted(tx, scratchDatabase, 'identity.user', alice, 2);
      const racing = lend({ borrower_id: bob, witness: alice });
      await expect
        .poll(
          () =>
            database.query(
              `select from pg_stat_activity where datname = $1 and wait_event_type = 'Lock' and query ~ 'insert into loans'`,
              [database.name],
            ),
          soon,
        )
        .toHaveLength(1);
      return { racing };
    });
    expect(pathsOf(await racing)).toEqual([422, 'UNKNOWN_REFERENCE', ['body/witness']]);
    await expect.poll(rows, soon).toEqual({ ...before, loans: before!.loans! - 1 });
  });
});

describe('looked after', () => {
  const audit = async (repair = false) => {
    const answer = await scratch
      .asService('audit')
      .post('/internal/integrity', { grace_seconds: 0, repair, aggregate: 'projects.project' });
    return answer
      .json()
      .findings.map(({ kind, column, count, repaired, samples }: Record<string, unknown>) => ({
        kind,
        column,
        count,
        repaired,
        samples,
      }));
  };

  test('the integrity audit finds what was made dangling by hand, and repairs it', async () => {
    const [bob, ghost, id] = [await user('Bob'), newId(), newId()];
    await project('Younger');
    await lend({ borrower_id: bob });
    await audit(true);
    expect(await audit()).toEqual([]);
    await database.query(
      `do $$ begin
         set local session_replication_role = replica;
         insert into workers.loans (id, borrower_id, project_id, title)
         values ('${id}', '${bob}', '${ghost}', 'Dune');
       end $$`,
    );
    const finding = { kind: 'unmet', column: 'loans.project_id', count: 1, samples: [ghost] };
    expect(await audit()).toEqual([{ ...finding, repaired: 0 }]);
    expect(await audit(true)).toEqual([{ ...finding, repaired: 0 }]);
    const departing = { aggregate: 'projects.project', ids: [ghost] };
    const exported = await scratch.asService('audit').post('/internal/integrity/departing', departing);
    expect(JSON.parse(exported.body)).toMatchObject({ table: 'loans', row: { id, title: 'Dune' } });
    const begun = await scratch.asService('audit').post('/internal/integrity/deletions', departing);
    expect(begun.json()).toEqual({ ids: [ghost] });
    await expect.poll(() => loan(id), soon).toBeUndefined();
    expect(await audit()).toEqual([]);
  });

  test('the export of a user has every row that names them, and what is known of them', async () => {
    const [alice, bob] = [await user(), await user('Bob')];
    const answer = await lendMany([
      { borrower_id: alice },
      { borrower_id: bob, witness: alice },
      { borrower_id: bob },
    ]);
    const [borrowed, witnessed] = answer.json().ids;
    const exported = await scratch.asService('identity').get(`/internal/users/${alice}/export`);
    const held = exported.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map(({ table, row: { id } }) => ({ table, id }));
    expect(held).toHaveLength(3);
    expect(held).toEqual(
      expect.arrayContaining([
        { table: 'user_refs', id: alice },
        { table: 'loans', id: borrowed },
        { table: 'loans', id: witnessed },
      ]),
    );
  });
});
