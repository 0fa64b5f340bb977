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
const repair = async (options: Partial<AuditOptions> = {}) => {
  const slice = await audit({ repair: true, ...options });
  await sweepAll(dataSource, shelfDatabase);
  return slice;
};
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
    expect((await audit()).findings).toEqual([]);
  }

  test('a reference to what the owner does not have, with every column that holds it', async () => {
    const [alice, ghost] = [await user(), await user({ there: null })];
    await book(ghost);
    await book(ghost, { reader: ghost });
    await book(alice, { reader: ghost, author: ghost });
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

  test('where too many dangle, it is more likely the wrong owner that was asked: none goes', async () => {
    const kept = [await user(), await user(), await user()];
    users.clear();
    expect(brief(await repair({ maxDeletions: 2 }))).toEqual([['dangling', 'user_refs.id', 3, 0, kept]]);
    expect(brief(await repair({ maxDeletions: 3 }))).toEqual([['dangling', 'user_refs.id', 3, 3, kept]]);
  });
});

describe('an owner that is wrongly empty', () => {
  /** Users that both sides know, written at once. */
  async function community(size: number): Promise<string[]> {
    const ids = Array.from({ length: size }, () => newId()).sort();
    for (const id of ids) users.set(id, { id, version: 2, data: { display_name: 'Alice' } });
    await asOwner(
      `insert into projects.user_refs (id, version, display_name)
       select id, 2, 'Alice' from unnest($1::uuid[]) as id`,
      [ids],
    );
    return ids;
  }
  const gone = async () => {
    const rows = await database.query(`select id from projects.user_refs where state = 'deleted'`);
    return rows.length;
  };
  /** Repairs in slices of one page. */
  async function repairInSlices(options: Partial<AuditOptions>) {
    const slices = [];
    let after: string | undefined;
    do {
      const slice = await repair({ ...options, after, seconds: 1e-9 });
      slices.push(slice);
      after = slice.next ?? undefined;
    } while (after !== undefined);
    return slices;
  }

  test.each([12, 200, 1_500])('with %i ids: none is deleted, in one slice or in many', async (size) => {
    const ids = await community(size);
    await book(ids[0]!);
    users.clear();
    const whole = await repair();
    expect(brief(whole)[0]).toEqual(['dangling', 'user_refs.id', size, 0, ids.slice(0, 5)]);
    expect(whole.tallies[0]).toEqual({
      service: 'projects',
      aggregate: 'identity.user',
      column: 'user_refs.id',
      unknown: size,
      of: size,
      refused: true,
    });
    const slices = await repairInSlices({ batch: 500 });
    expect(slices.flatMap(({ findings }) => findings).every(({ repaired }) => repaired === 0)).toBe(true);
    expect(await gone()).toBe(0);
    expect(await books()).toHaveLength(1);

    await repair({ maxDeletions: size });
    expect(await gone()).toBe(size);
    expect(await books()).toHaveLength(0);
  });

  test('where the reference rows went too, what points at them stays', async () => {
    for (const id of Array.from({ length: 12 }, () => newId())) {
      for (let at = 0; at < 20; at += 1) await book(id);
    }
    const { tallies } = await repair();
    expect(tallies.filter(({ refused }) => refused)).toMatchObject([
      { column: 'books.owner_id', unknown: 12, of: 12 },
    ]);
    expect(await books()).toHaveLength(240);
  });

  test('a tenth of many is repaired, and not one more; ten of few are, but not all of several', async () => {
    const ids = await community(200);
    for (const id of ids.slice(0, 21)) users.delete(id);
    await repair();
    expect(await gone()).toBe(0);
    users.set(ids[0]!, { id: ids[0]!, version: 2, data: { display_name: 'Alice' } });
    await repair();
    expect(await gone()).toBe(20);

    await database.query('truncate projects.books, projects.user_refs, projects.reference_sweeps');
    const few = await community(11);
    users.clear();
    users.set(few[0]!, { id: few[0]!, version: 2, data: { display_name: 'Alice' } });
    await repair();
    expect(await gone()).toBe(10);

    await database.query('truncate projects.books, projects.user_refs, projects.reference_sweeps');
    await community(2);
    users.clear();
    await repair();
    expect(await gone()).toBe(0);
  });

  test('tombstones make the share no smaller', async () => {
    const ids = await community(400);
    users.clear();
    await asOwner(
      `update projects.user_refs set state = 'deleted', deleted_at = now(), display_name = null
        where id = any($1::uuid[])`,
      [ids.slice(12)],
    );
    await repair();
    expect(await gone()).toBe(388);

    const alice = await user();
    for (const author of ids.slice(12, 142)) await book(alice, { author });
    for (let at = 0; at < 12; at += 1) await book(alice, { author: newId() });
    const { tallies } = await audit();
    expect(tallies).toContainEqual(
      expect.objectContaining({ column: 'books.author_id', unknown: 12, of: 12, refused: true }),
    );
  });

  test('what it has again while the repair is under way is not deleted', async () => {
    const id = await user({ there: null });
    const event = await openTransaction(dataSource);
    await query(event.tx, 'update user_refs set version = 3 where id = $1', [id]);
    const repaired = meanwhile(() => repair());
    await waitingForALock();
    await event.commit();
    expect(brief(await repaired.outcome)).toEqual([['dangling', 'user_refs.id', 1, 0, [id]]]);
    expect(await refs(id)).toMatchObject([{ state: 'active', version: 3 }]);
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
