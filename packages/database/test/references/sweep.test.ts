import { setTimeout as sleep } from 'node:timers/promises';
import { meanwhile, openTransaction, type TestDatabase, testDatabase } from '@hivesync/testing';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  applyReferenceDeleted,
  type DataSource,
  defineDatabase,
  isDatabaseUnavailable,
  meetReferences,
  newId,
  query,
  requestSweep,
  SweepFailedError,
  sweepOnce,
  transaction,
} from '../../src/index.ts';
import { library, sweepLibrary, UserRef } from '../library.ts';

let database: TestDatabase;
let app: DataSource;
let other: DataSource;

beforeAll(async () => {
  database = await testDatabase(library);
  app = await database.dataSource(library, { poolSize: 4 });
  other = await database.dataSource(library, { poolSize: 2 });
});
beforeEach(() => database.query('truncate workers.stars, workers.books, workers.reference_sweeps'));

async function person(): Promise<string> {
  const id = newId<never>();
  await transaction(app, (tx) => meetReferences(tx, UserRef, [{ id, version: 1, fields: {} }]));
  return id;
}

const deleted = (id: string, version = 2) =>
  transaction(app, (tx) => applyReferenceDeleted(tx, library, 'identity.user', id, version));

/** Many at once, without the triggers: they are not what is tested here. */
async function addBooks(count: number, createdBy: string, lender: string | null): Promise<void> {
  await database.query('alter table workers.books disable trigger user');
  // In pieces: a transaction that takes long holds back the feeds of all other test files.
  for (let added = 0; added < count; added += 10_000) {
    await database.query(
      `insert into workers.books (id, title, created_by, lender_id)
       select gen_random_uuid(), 'Dune', $2, $3 from generate_series(1, $1)`,
      [Math.min(10_000, count - added), createdBy, lender],
    );
  }
  await database.query('alter table workers.books enable trigger user');
}
const starAll = (user: string) =>
  database.query('insert into workers.stars (user_id, book_id) select $1, id from workers.books', [user]);

const pointing = async (user: string) => {
  const [row] = await database.query<{ books: number; stars: number }>(
    `select (select count(*)::integer from workers.books where lender_id = $1) as books,
            (select count(*)::integer from workers.stars where user_id = $1) as stars`,
    [user],
  );
  return row;
};
const sweepRow = async (user: string) => {
  const [row] = await database.query<{
    removed: Record<string, number>;
    completed_at: Date | null;
    batches: number;
    longest_lock_ms: number;
    failures: number;
    last_error: string | null;
  }>('select * from workers.reference_sweeps where subject = $1', [user]);
  return row;
};

describe('a sweep', () => {
  it('waits for the deletion to be committed, then goes in batches, cascades first, and counts each row', async () => {
    const [author, lender] = [await person(), await person()];
    await addBooks(7, author, lender);
    await starAll(lender);
    await deleted(lender);
    expect(await pointing(lender)).toEqual({ books: 7, stars: 7 });
    expect(await sweepOnce(app, library, { limit: 5 })).toBe('batch');
    expect(await pointing(lender)).toEqual({ books: 7, stars: 2 });
    expect(await sweepOnce(app, library, { limit: 5 })).toBe('batch');
    expect(await pointing(lender)).toEqual({ books: 4, stars: 0 });
    expect(await sweepRow(lender)).toMatchObject({
      completed_at: null,
      batches: 2,
      removed: { 'stars.user_id': 7, 'books.lender_id': 3 },
    });
    const [completed] = await sweepLibrary(app, 5);
    expect(completed).toMatchObject({
      aggregate: 'identity.user',
      subject: lender,
      version: 2,
      batches: 3,
      removed: { 'stars.user_id': 7, 'books.lender_id': 7 },
    });
    expect((await sweepRow(lender))?.completed_at).toBeInstanceOf(Date);
    expect(await sweepOnce(app, library)).toBe('idle');
  });

  it('of what nothing points at, or only what is kept, is complete with no counts', async () => {
    const author = await person();
    await addBooks(3, author, null);
    await deleted(author);
    await deleted(newId<never>());
    expect((await sweepLibrary(app)).map(({ removed }) => removed)).toEqual([{}, {}]);
    expect(await database.query('select from workers.books')).toHaveLength(3);
  });

  it('asked for twice is done once; asked for again goes on counting', async () => {
    const [author, lender] = [await person(), await person()];
    await addBooks(2, author, lender);
    await deleted(lender);
    await deleted(lender, 3);
    expect(await sweepLibrary(app)).toHaveLength(1);
    await deleted(lender, 4);
    expect(await sweepLibrary(app)).toEqual([]);
    await addBooks(1, author, lender);
    await transaction(app, (tx) => requestSweep(tx, 'identity.user', lender, 4, { again: true }));
    expect(await sweepLibrary(app)).toMatchObject([{ version: 4, removed: { 'books.lender_id': 3 } }]);
  });

  it('does not pass over a row that somebody is just changing', async () => {
    const [author, lender] = [await person(), await person()];
    await addBooks(1, author, lender);
    await deleted(lender);
    const held = await openTransaction(app);
    await query(held.tx, `update books set title = 'Dune Messiah'`);
    const sweeping = meanwhile(() => sweepLibrary(other));
    const stuck = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await expect.poll(() => database.query(stuck), { interval: 10 }).toHaveLength(1);
    await sleep(150);
    await held.commit();
    const [completed] = await sweeping.outcome;
    expect(completed).toMatchObject({ removed: { 'books.lender_id': 1 } });
    // It waited for the other's lock, and says so.
    expect(completed?.longestLockMs).toBeGreaterThanOrEqual(100);
    expect(await query(app, 'select title, lender_id from books')).toEqual([
      { title: 'Dune Messiah', lender_id: null },
    ]);
  });

  it('is done by as many replicas as there are, each row counted once', async () => {
    const author = await person();
    const people = [await person(), await person(), await person(), await person()];
    for (const lender of people) await addBooks(50, author, lender);
    for (const lender of people) await deleted(lender);
    const completed = await Promise.all([sweepLibrary(app, 10), sweepLibrary(other, 10)]);
    while ((await sweepOnce(app, library, { limit: 10 })) !== 'idle');
    for (const lender of people) {
      expect(await sweepRow(lender)).toMatchObject({ removed: { 'books.lender_id': 50 }, batches: 5 });
    }
    const subjects = completed.flat().map(({ subject }) => subject);
    expect(subjects.toSorted()).toEqual(people.toSorted());
  });

  it('may be given more to do than one statement, beside `keep` too, and `completed` commits with it', async () => {
    const author = await person();
    await addBooks(5, author, null);
    const own = defineDatabase({
      ...library,
      cascades: {
        'books.created_by': async (tx, id, limit) => {
          const rows = await query(
            tx,
            `delete from books
              where id in (select id from books where created_by = $1 limit $2)
             returning id`,
            [id, limit],
          );
          return { books: rows.length };
        },
      },
    });
    await deleted(author);
    const outcomes = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const completed = () => Promise.reject(new Error('the outbox is full'));
      outcomes.push(
        await sweepOnce(app, own, { limit: 3, completed }).catch(({ cause }: SweepFailedError) =>
          String(cause),
        ),
      );
    }
    expect(outcomes).toEqual(['batch', 'batch', 'Error: the outbox is full', 'idle']);
    expect(await sweepRow(author)).toMatchObject({ removed: { books: 5 }, completed_at: null, failures: 1 });
  });
});

describe('a sweep that begins work which is done elsewhere', () => {
  /** Books of the author are lent out, one a batch; the sweep waits for them to come back. */
  const lending = (told: boolean) =>
    defineDatabase({
      ...library,
      cascades: {
        'books.created_by': async (tx, id): Promise<Record<string, number>> => {
          const lent = await query(
            tx,
            `update books
                set title = 'Lent'
              where id in (select id from books where created_by = $1 and title = 'Dune' limit 1)
             returning id`,
            [id],
          );
          return told ? { lent: lent.length } : {};
        },
      },
      awaits: { 'identity.user': `select from books where created_by = sweep.subject and title = 'Lent'` },
    });
  const comeBack = () => query(app, `update books set title = 'Back' where title = 'Lent'`);

  it('is not due until that is over, fails nothing meanwhile, and holds up no other', async () => {
    const [author, other] = [await person(), await person()];
    await addBooks(2, author, other);
    await deleted(author);
    const own = lending(true);
    expect(await sweepOnce(app, own)).toBe('batch');
    expect(await sweepOnce(app, own)).toBe('idle');
    await deleted(other);
    expect([await sweepOnce(app, own), await sweepOnce(app, own)]).toEqual(['batch', 'completed']);
    expect(await sweepOnce(app, own)).toBe('idle');
    expect(await sweepRow(author)).toMatchObject({ completed_at: null, failures: 0, removed: { lent: 1 } });

    await comeBack();
    expect([await sweepOnce(app, own), await sweepOnce(app, own)]).toEqual(['batch', 'idle']);
    await comeBack();
    expect([await sweepOnce(app, own), await sweepOnce(app, own)]).toEqual(['completed', 'idle']);
    expect(await sweepRow(author)).toMatchObject({ removed: { lent: 2 }, completed_at: expect.any(Date) });
  });

  it('is not complete either where the work was begun after it was found to be due', async () => {
    const author = await person();
    await addBooks(1, author, null);
    await deleted(author);
    const own = lending(false);
    const told: unknown[] = [];
    const completed = async (_tx: unknown, sweep: unknown) => void told.push(sweep);
    expect(await sweepOnce(app, own, { completed })).toBe('batch');
    expect(await sweepOnce(app, own, { completed })).toBe('idle');
    expect(told).toEqual([]);
    await comeBack();
    expect(await sweepOnce(app, own, { completed })).toBe('completed');
    expect(told).toHaveLength(1);
  });
});

describe('a sweep that fails', () => {
  it('says why, waits, and holds up no other', async () => {
    const [author, bad, good] = [await person(), await person(), await person()];
    await addBooks(1, author, bad);
    await addBooks(1, author, good);
    await deleted(bad);
    await deleted(good);
    const broken = defineDatabase({
      ...library,
      cascades: {
        'books.lender_id': async (tx, id) => {
          if (id === bad) await query(tx, 'select 1 / 0');
          const cleared = await query(
            tx,
            'update books set lender_id = null where lender_id = $1 returning id',
            [id],
          );
          return { 'books.lender_id': cleared.length };
        },
      },
    });
    await expect(sweepOnce(app, broken)).rejects.toThrow(SweepFailedError);
    expect(await sweepRow(bad)).toMatchObject({
      failures: 1,
      last_error: expect.stringContaining('division by zero'),
    });
    expect(await sweepOnce(app, broken)).toBe('batch');
    expect(await sweepOnce(app, broken)).toBe('completed');
    expect(await sweepOnce(app, broken)).toBe('idle');
    await database.query('alter table workers.reference_sweeps disable trigger user');
    await database.query(`update workers.reference_sweeps set updated_at = now() - interval '3 s'`);
    await database.query('alter table workers.reference_sweeps enable trigger user');
    expect(await sweepLibrary(app)).toMatchObject([{ subject: bad, removed: { 'books.lender_id': 1 } }]);
    expect(await sweepRow(bad)).toMatchObject({ failures: 0, last_error: null });
  });
});

describe('a sweep that is killed', () => {
  /** Every seventh time that a batch has changed its rows, or is about to commit, its session dies there. */
  async function dieNowAndThen(): Promise<void> {
    const death = (when: string) => `${when} execute function workers.die_now_and_then();`;
    onTestFinished(async () => {
      await database.query(`drop function workers.die_now_and_then cascade; drop sequence workers.lives`);
    });
    await database.query(`
      create sequence workers.lives;
      create function workers.die_now_and_then() returns trigger language plpgsql security definer as $$
        begin
          if nextval('workers.lives') % 7 = 0 then
            perform pg_terminate_backend(pg_backend_pid()), pg_sleep(5);
          end if;
          return null;
        end $$;
      ${death('create trigger die after update on workers.books for each statement')}
      ${death('create trigger die after delete on workers.stars for each statement')}
      ${death('create constraint trigger die after update on workers.reference_sweeps deferrable initially deferred for each row')}`);
  }

  it('goes on where it was, and its counts are exact', { timeout: 60_000 }, async () => {
    const [author, lender] = [await person(), await person()];
    await addBooks(6_000, author, lender);
    await starAll(lender);
    await deleted(lender);
    await dieNowAndThen();
    let deaths = 0;
    for (let outcome = 'batch'; outcome !== 'idle'; ) {
      try {
        outcome = await sweepOnce(other, library, { limit: 100 });
      } catch (error) {
        if (!isDatabaseUnavailable(error)) throw error;
        deaths += 1;
      }
    }
    expect(deaths).toBeGreaterThan(20);
    expect(await pointing(lender)).toEqual({ books: 0, stars: 0 });
    expect(await sweepRow(lender)).toMatchObject({
      removed: { 'stars.user_id': 6_000, 'books.lender_id': 6_000 },
      batches: 120,
      failures: 0,
    });
  });
});

describe('100,000 rows', () => {
  it('are swept without holding anybody else up', { timeout: 120_000 }, async () => {
    const [author, lender, reader] = [await person(), await person(), await person()];
    await addBooks(100_000, author, lender);
    await addBooks(100, author, reader);
    await database.query('analyze workers.books');
    const mine = await query<{ id: string }>(app, 'select id from books where lender_id = $1', [reader]);
    const began = performance.now();
    await deleted(lender);
    const told = performance.now() - began;

    const waits: number[] = [];
    const writing = meanwhile(async (ending) => {
      for (let turn = 0; !ending.aborted; turn += 1) {
        const start = performance.now();
        await query(other, `update books set title = 'Emma' where id = $1`, [mine[turn % mine.length]?.id]);
        await query(
          other,
          `insert into books (id, title, created_by, lender_id) values ($1, 'New', $2, $3)`,
          [newId<never>(), author, reader],
        );
        waits.push(performance.now() - start);
        await sleep(5);
      }
    });
    const [completed] = await sweepLibrary(app);
    await writing.stop();
    const seconds = (performance.now() - began) / 1_000;
    console.log(
      `100,000 rows swept in ${seconds.toFixed(1)} s; told in ${told.toFixed(0)} ms; longest lock held ` +
        `${completed?.longestLockMs} ms; slowest of ${waits.length} writers on other rows ${Math.max(...waits).toFixed(0)} ms`,
    );
    expect(completed).toMatchObject({ removed: { 'books.lender_id': 100_000 }, batches: 200 });
    expect(completed?.longestLockMs).toBeLessThan(2_000);
    expect(waits.length).toBeGreaterThan(20);
    expect(Math.max(...waits)).toBeLessThan(2_000);
    expect((await sweepRow(lender))?.longest_lock_ms).toBe(completed?.longestLockMs);
  });
});
