import { ApiError } from '@hivesync/contracts';
import { applyReferenceDeleted, type DataSource, newId, query, transaction } from '@hivesync/database';
import { sweepAll } from '@hivesync/events';
import { meanwhile, openTransaction, type TestDatabase, testDatabase } from '@hivesync/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type AuditOptions,
  auditReferences,
  type IntegrityFinding,
  mergeFindings,
  type ReferenceOwners,
  type ResolvedReference,
} from '../../src/index.ts';
import { beginDeletions } from '../../src/integrity/deletions.ts';
import { shelfDatabase } from './shelf-database.ts';

let database: TestDatabase;
let dataSource: DataSource;
/** What the owner has. */
let users: Map<string, ResolvedReference>;
let listed = 0;
let resolvedHook: () => Promise<void> = async () => undefined;

const owners: ReferenceOwners = {
  resolve: async (_aggregate, ids) => {
    await resolvedHook();
    return ids.flatMap((id) => users.get(id) ?? []);
  },
  list: async (_aggregate, { after, limit }) => {
    listed += 1;
    return [...users.values()]
      .filter(({ id }) => after === null || id > after)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, limit);
  },
};

beforeAll(async () => {
  database = await testDatabase(shelfDatabase);
  dataSource = await database.dataSource(shelfDatabase);
});
beforeEach(async () => {
  users = new Map();
  listed = 0;
  resolvedHook = async () => undefined;
  await database.query('truncate projects.books, projects.user_refs, projects.reference_sweeps');
});

const audit = (options: Partial<AuditOptions> = {}) =>
  auditReferences({
    dataSource,
    database: shelfDatabase,
    owners,
    requestId: 'test',
    graceSeconds: 0,
    repair: false,
    ...options,
  });
/** Writes what can be written, and deletes what the audit names, unless it refuses that. */
const repair = async (options: Partial<AuditOptions> = {}) => {
  const slice = await audit({ repair: true, ...options });
  const ids = slice.deletions.filter(({ set_back }) => !set_back).map(({ id }) => id);
  const begun = await deleteIds(ids);
  for (const { kind, columns } of slice.deletions.filter(({ id }) => begun.includes(id))) {
    for (const { column, count } of columns) {
      slice.findings.find((one) => one.kind === kind && one.column === column)!.repaired += count;
    }
  }
  return slice;
};
const deleteIds = async (ids: string[]) => {
  const asked = { dataSource, database: shelfDatabase, owners, requestId: 'test' };
  const begun = await beginDeletions(asked, 'identity.user', [...new Set(ids)]);
  await sweepAll(dataSource, shelfDatabase);
  return begun;
};
/** Whom the owner has made after all others, so that what it does not have was not lost by setting it back. */
const somebodyYounger = () => user();
const brief = ({ findings }: { findings: IntegrityFinding[] }) =>
  findings.map(({ kind, column, count, repaired, samples }) => [kind, column, count, repaired, samples]);

/** A user as both sides know it, unless told otherwise. */
async function user({ here = {}, there = {} }: { here?: object | null; there?: object | null } = {}) {
  const id = newId();
  if (there) {
    users.set(id, { id, version: 2, data: { display_name: 'Alice', tier: 'free' }, ...there });
  }
  if (here) {
    const row = { state: 'active', version: 2, display_name: 'Alice', ...here };
    await asOwner(
      `insert into projects.user_refs (id, state, version, display_name, deleted_at)
       values ($1, $2, $3, $4, case when $2 = 'deleted' then now() end)`,
      [id, row.state, row.version, row.state === 'deleted' ? null : row.display_name],
    );
  }
  return id;
}
const asOwner = (statement: string, parameters: unknown[]) => database.query(statement, parameters);
/** Past triggers and keys, as only a superuser can. */
async function book(owner: string, { reader = null, author = null }: Record<string, string | null> = {}) {
  const id = newId();
  await database.query(
    `do $$ begin
       set local session_replication_role = replica;
       insert into projects.books (id, owner_id, reader_id, author_id)
       values ('${id}', '${owner}', ${reader ? `'${reader}'` : 'null'}, ${author ? `'${author}'` : 'null'});
     end $$`,
  );
  return id;
}
const books = () => database.query('select owner_id, reader_id, author_id from projects.books order by id');
const refs = (id: string) =>
  database.query('select state, version, display_name from projects.user_refs where id = $1', [id]);

async function waitingForALock(): Promise<void> {
  const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  await expect.poll(async () => (await database.query(waiting)).length).toBe(1);
}

describe('what is in order', () => {
  test('is no finding', async () => {
    const [alice, bob] = [await user(), await user()];
    await book(alice, { reader: bob, author: bob });
    expect(await audit()).toMatchObject({ findings: [], examined: 2 + 3, next: null });
  });

  test('an older version with the same fields, and a tombstone of what the owner has not', async () => {
    await user({ here: { version: 1 } });
    const gone = await user({ here: { state: 'deleted' }, there: null });
    await book(await user(), { author: gone });
    expect((await audit()).findings).toEqual([]);
  });

  test('a field that the owner does not tell', async () => {
    await user({ there: { data: {} } });
    expect((await audit()).findings).toEqual([]);
  });
});

describe('what is wrong is named, repaired, and then in order', () => {
  async function repairs(expected: unknown[][]): Promise<void> {
    const unrepaired = expected.map(([kind, column, count, samples]) => [kind, column, count, 0, samples]);
    expect(brief(await audit())).toEqual(unrepaired);
    expect(brief(await audit())).toEqual(unrepaired);
    expect(brief(await repair())).toEqual(
      expected.map(([kind, column, count, samples]) => [kind, column, count, count, samples]),
    );
    expect(await audit()).toMatchObject({ findings: [], deletions: [] });
  }

  test('a reference to what the owner does not have, with every column that holds it', async () => {
    const [alice, ghost] = [await user(), await user({ there: null })];
    await book(ghost);
    await book(ghost, { reader: ghost });
    await book(alice, { reader: ghost, author: ghost });
    await somebodyYounger();
    await repairs([
      ['dangling', 'user_refs.id', 1, [ghost]],
      ['dangling', 'books.owner_id', 2, [ghost]],
      ['dangling', 'books.reader_id', 2, [ghost]],
      ['dangling', 'books.author_id', 1, [ghost]],
    ]);
    expect(await books()).toEqual([{ owner_id: alice, reader_id: null, author_id: ghost }]);
    expect(await refs(ghost)).toMatchObject([{ state: 'deleted' }]);
  });

  test('a stale name of the same version', async () => {
    const id = await user({ here: { display_name: 'Alcie' } });
    await repairs([['stale', 'user_refs.display_name', 1, [id]]]);
    expect(await refs(id)).toEqual([{ state: 'active', version: 2, display_name: 'Alice' }]);
  });

  test('a stale name of an older version', async () => {
    const id = await user({ here: { display_name: null, version: 0 } });
    await repairs([['stale', 'user_refs.display_name', 1, [id]]]);
    expect(await refs(id)).toEqual([{ state: 'active', version: 2, display_name: 'Alice' }]);
  });

  test('a version that the owner never had', async () => {
    const id = await user({ here: { version: 7 } });
    await repairs([['stale', 'user_refs.version', 1, [id]]]);
    expect(await refs(id)).toMatchObject([{ version: 2 }]);
  });

  test('a row that is missing', async () => {
    await user();
    const id = await user({ here: null });
    await repairs([['missing', 'user_refs.id', 1, [id]]]);
    expect(await refs(id)).toEqual([{ state: 'active', version: 2, display_name: 'Alice' }]);
  });

  test('rows that point at a tombstone whose sweep is over', async () => {
    const alice = await user();
    const gone = await user({ there: null });
    await transaction(dataSource, (tx) => applyReferenceDeleted(tx, shelfDatabase, 'identity.user', gone, 3));
    await sweepAll(dataSource, shelfDatabase);
    await book(gone, { author: gone });
    await book(alice, { reader: gone });
    await repairs([
      ['unswept', 'books.owner_id', 1, [gone]],
      ['unswept', 'books.reader_id', 1, [gone]],
    ]);
    expect(await books()).toEqual([{ owner_id: alice, reader_id: null, author_id: null }]);
  });

  test('rows that point at no reference row: known to the owner, and not', async () => {
    const alice = await user();
    const nobody = newId();
    await book(nobody);
    await book(alice, { reader: nobody });
    await book(alice, { author: nobody });
    await somebodyYounger();
    await repairs([
      ['unmet', 'books.owner_id', 1, [nobody]],
      ['unmet', 'books.reader_id', 1, [nobody]],
      ['unmet', 'books.author_id', 1, [nobody]],
    ]);
    expect(await books()).toEqual([
      { owner_id: alice, reader_id: null, author_id: null },
      { owner_id: alice, reader_id: null, author_id: nobody },
    ]);
    const bob = await user({ here: null });
    await book(alice, { reader: bob });
    expect(brief(await repair())).toEqual([
      ['missing', 'user_refs.id', 1, 1, [bob]],
      ['unmet', 'books.reader_id', 1, 1, [bob]],
    ]);
    expect((await audit()).findings).toEqual([]);
  });

  test('but a tombstone of what exists is left to a person', async () => {
    const id = await user({ here: { state: 'deleted' } });
    expect(brief(await repair())).toEqual([['buried', 'user_refs.state', 1, 0, [id]]]);
    expect(await refs(id)).toMatchObject([{ state: 'deleted' }]);
    // Who has seen that it is a mistake lifts it as docs/operations.md says.
    const owner = await database.dataSource(shelfDatabase, { as: 'owner' });
    const lift = `update user_refs set state = 'active', deleted_at = null, version = 0 where id = $1`;
    await expect(query(owner, lift, [id])).rejects.toThrow('is a tombstone');
    await transaction(owner, async (tx) => {
      await query(tx, 'alter table user_refs disable trigger user_refs_keep_tombstones');
      await query(tx, lift, [id]);
      await query(tx, `delete from reference_sweeps where aggregate = 'identity.user' and subject = $1`, [
        id,
      ]);
      await query(tx, 'alter table user_refs enable trigger user_refs_keep_tombstones');
    });
    await repairs([['stale', 'user_refs.display_name', 1, [id]]]);
    expect(await refs(id)).toEqual([{ state: 'active', version: 2, display_name: 'Alice' }]);
  });
});

describe('what is in flight', () => {
  test('is no finding where it arrives within the grace', async () => {
    const [registered, renamed, deleted] = [
      await user({ here: null }),
      await user({ here: { version: 1, display_name: 'Al' } }),
      await user({ there: null }),
    ];
    setTimeout(async () => {
      await database.query(
        `insert into projects.user_refs (id, version, display_name) values ($1, 2, 'Alice')`,
        [registered],
      );
      await database.query(
        `update projects.user_refs set version = 2, display_name = 'Alice' where id = $1`,
        [renamed],
      );
      await transaction(dataSource, (tx) =>
        applyReferenceDeleted(tx, shelfDatabase, 'identity.user', deleted, 3),
      );
    }, 300);
    const begun = performance.now();
    expect((await audit({ graceSeconds: 20 })).findings).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  test('is a finding where the grace is over', async () => {
    const id = await user({ here: null });
    const begun = performance.now();
    expect(brief(await audit({ graceSeconds: 1 }))).toEqual([['missing', 'user_refs.id', 1, 0, [id]]]);
    expect(performance.now() - begun).toBeGreaterThan(1_000);
  });

  test('a row that moves is not stale, however often it is behind', async () => {
    const id = await user({ here: { version: 1, display_name: 'old' } });
    let version = 1;
    resolvedHook = async () => {
      version += 1;
      await database.query('update projects.user_refs set version = $2 where id = $1', [id, version]);
      users.set(id, { id, version: version + 1, data: { display_name: `name ${version}` } });
    };
    expect((await audit({ graceSeconds: 1 })).findings).toEqual([]);
  });

  test('rows whose sweep is under way', async () => {
    const gone = await user({ there: null });
    await book(gone);
    await transaction(dataSource, (tx) => applyReferenceDeleted(tx, shelfDatabase, 'identity.user', gone, 3));
    expect((await audit()).findings).toEqual([]);
  });

  test('a row that changed since it was read is not overwritten', async () => {
    const id = await user({ here: { display_name: 'Alcie' } });
    resolvedHook = async () => {
      await database.query(`update projects.user_refs set version = 3, display_name = 'Ann' where id = $1`, [
        id,
      ]);
    };
    await repair();
    expect(await refs(id)).toEqual([{ state: 'active', version: 3, display_name: 'Ann' }]);
  });
});

describe('many', () => {
  async function disorder(): Promise<string[]> {
    const wrong = [];
    for (let at = 0; at < 12; at += 1) {
      const alice = await user();
      wrong.push(
        await user({ here: null }),
        await user({ there: null }),
        await user({ here: { display_name: 'x' } }),
      );
      await book(alice, { reader: newId() });
    }
    return wrong;
  }
  const counts = (findings: IntegrityFinding[]) =>
    Object.fromEntries(findings.map(({ kind, column, count }) => [`${kind} ${column}`, count]));
  const expected = {
    'missing user_refs.id': 12,
    'dangling user_refs.id': 12,
    'stale user_refs.display_name': 12,
    'unmet books.reader_id': 12,
  };

  test('pages of both sides meet, whatever their size, with five samples each', async () => {
    await disorder();
    for (const batch of [1, 2, 7, 1_000]) {
      const { findings, examined } = await audit({ batch });
      expect(counts(findings)).toEqual(expected);
      expect(findings.map(({ samples }) => samples.length)).toEqual([5, 5, 5, 5]);
      expect(examined).toBe(36 + 24);
    }
  });

  test('slices add up to the whole', async () => {
    await disorder();
    const findings: IntegrityFinding[] = [];
    let [after, slices, examined]: [string | undefined, number, number] = [undefined, 0, 0];
    do {
      // No time at all, so that each slice is one page.
      const slice = await audit({ after, batch: 7, seconds: 1e-9 });
      mergeFindings(findings, slice.findings);
      after = slice.next ?? undefined;
      slices += 1;
      examined += slice.examined;
    } while (after !== undefined);
    expect(slices).toBeGreaterThan(5);
    expect(counts(findings)).toEqual(expected);
    expect(examined).toBe(36 + 24);
  });
});

describe('what only a deletion puts right', () => {
  const gone = async () => {
    const rows = await database.query(`select id from projects.user_refs where state = 'deleted'`);
    return rows.length;
  };

  test('is named with its rows, and a repair deletes none of it', async () => {
    const [alice, ghost, buried] = [await user(), await user({ there: null }), await user({ there: null })];
    await transaction(dataSource, (tx) =>
      applyReferenceDeleted(tx, shelfDatabase, 'identity.user', buried, 3),
    );
    await sweepAll(dataSource, shelfDatabase);
    const nobody = newId();
    await book(ghost, { reader: ghost });
    await book(buried);
    await book(alice, { reader: nobody });
    await somebodyYounger();
    const deletion = { service: 'projects', aggregate: 'identity.user', set_back: false };
    const { deletions } = await audit({ repair: true });
    expect(deletions).toEqual([
      {
        ...deletion,
        kind: 'dangling',
        id: ghost,
        columns: [
          { column: 'user_refs.id', count: 1 },
          { column: 'books.owner_id', count: 1 },
          { column: 'books.reader_id', count: 1 },
        ],
      },
      { ...deletion, kind: 'unswept', id: buried, columns: [{ column: 'books.owner_id', count: 1 }] },
      { ...deletion, kind: 'unmet', id: nobody, columns: [{ column: 'books.reader_id', count: 1 }] },
    ]);
    await sweepAll(dataSource, shelfDatabase);
    expect(await gone()).toBe(1);
    expect(await books()).toHaveLength(3);
    expect(await deleteIds([ghost, buried, nobody])).toEqual([ghost, buried, nobody]);
    expect(await books()).toEqual([{ owner_id: alice, reader_id: null, author_id: null }]);
  });

  test('and is younger than all that the owner has was lost by setting the owner back: it is refused', async () => {
    const known = await user();
    const lost = [await user(), await user(), await user()];
    for (const id of lost) users.delete(id);
    const { deletions } = await audit();
    expect(deletions.map(({ id, set_back }) => [id, set_back])).toEqual(lost.map((id) => [id, true]));
    expect(await deleteIds([known, ...lost])).toEqual([]);
    expect(await gone()).toBe(0);

    // Of those between, none is younger than the last one that it has.
    users.set(lost[1]!, { id: lost[1]!, version: 2, data: { display_name: 'Alice' } });
    expect((await audit()).deletions.map(({ id, set_back }) => [id, set_back])).toEqual([
      [lost[0], false],
      [lost[2], true],
    ]);
    expect(await deleteIds(lost)).toEqual([lost[0]]);
    users.clear();
    expect((await audit()).deletions.every(({ set_back }) => set_back)).toBe(true);
  });

  test('but what the owner has after all is not deleted, nor what changes at that moment', async () => {
    const [back, moving] = [await user(), await user({ there: null })];
    await somebodyYounger();
    const event = await openTransaction(dataSource);
    await query(event.tx, 'update user_refs set version = 3 where id = $1', [moving]);
    const deleted = meanwhile(() => deleteIds([back, moving]));
    await waitingForALock();
    await event.commit();
    expect(await deleted.outcome).toEqual([]);
    expect(await refs(moving)).toMatchObject([{ state: 'active', version: 3 }]);
  });

  test('of an aggregate that nothing here refers to is refused', async () => {
    const asked = { dataSource, database: shelfDatabase, owners, requestId: 'test' };
    await expect(beginDeletions(asked, 'workers.node', [newId()])).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    });
  });
});

describe('asking', () => {
  test('one aggregate alone', async () => {
    await user({ here: null });
    expect((await audit({ aggregate: 'workers.node' })).findings).toEqual([]);
    expect(listed).toBe(0);
    expect((await audit({ aggregate: 'identity.user' })).findings).toHaveLength(1);
  });

  test('a cursor that is none of its own is refused', async () => {
    await expect(audit({ after: 'workers.node' })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  test('an owner that is away ends it, and nothing is called dangling', async () => {
    await user();
    const away = () => Promise.reject(new ApiError('UPSTREAM_UNAVAILABLE'));
    await expect(audit({ owners: { list: away, resolve: away }, repair: true })).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
    });
    await user({ there: null });
    await expect(audit({ owners: { ...owners, resolve: away }, repair: true })).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
    });
    expect(await database.query(`select id from projects.user_refs where state = 'deleted'`)).toEqual([]);
  });

  test('an app that closes ends it', async () => {
    await expect(audit({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});
