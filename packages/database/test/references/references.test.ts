import { type TestDatabase, testDatabase } from '@hivesync/testing';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  applyReferenceDeleted,
  applyReferenceUpdated,
  constraintViolation,
  type DataSource,
  meetKnown,
  meetReferences,
  newId,
  query,
  transaction,
  unknownReferences,
} from '../../src/index.ts';
import { Book, library, Star, sweepLibrary, UserRef } from '../library.ts';

let database: TestDatabase;
let app: DataSource;

beforeAll(async () => {
  database = await testDatabase(library);
  app = await database.dataSource(library);
});
beforeEach(async () => {
  await database.query('truncate workers.books, workers.stars, workers.user_refs');
});

const met = (
  id: string,
  version = 1,
  fields: Record<string, unknown> = { display_name: 'Alice', tier: 'free' },
) => transaction(app, (tx) => meetReferences(tx, UserRef, [{ id, version, fields }]));
const row = (id: string) => app.getRepository(UserRef).findOneBy({ id: id as UserRef['id'] });
const deleted = (id: string, version = 9) =>
  transaction(app, (tx) => applyReferenceDeleted(tx, library, 'identity.user', id, version));

async function addBook(createdBy: string, lenderId: string | null = null): Promise<string> {
  const id = newId<never>();
  await query(app, 'insert into books (id, title, created_by, lender_id) values ($1, $2, $3, $4)', [
    id,
    'Dune',
    createdBy,
    lenderId,
  ]);
  return id;
}

describe('meeting', () => {
  it('adds, then takes only what is newer, and keeps what was not told', async () => {
    const id = newId<never>();
    await met(id, 2);
    expect(await row(id)).toMatchObject({ state: 'active', version: 2, displayName: 'Alice', tier: 'free' });
    await met(id, 1, { display_name: 'Old' });
    await met(id, 2, { display_name: 'Same' });
    expect(await row(id)).toMatchObject({ version: 2, displayName: 'Alice' });
    await met(id, 3, { display_name: 'Alicia', email: 'alice@example.com' });
    expect(await row(id)).toMatchObject({ version: 3, displayName: 'Alicia', tier: 'free' });
  });

  it('takes many at once, the same one twice, and none', async () => {
    const [a, b] = [newId<never>(), newId<never>()];
    await transaction(app, async (tx) => {
      await meetReferences(tx, UserRef, []);
      await meetReferences(tx, UserRef, [
        { id: a, version: 0, fields: {} },
        { id: b, version: 1, fields: { display_name: 'Bob' } },
        { id: b, version: 4, fields: { display_name: 'Bobby' } },
        { id: b, version: 2, fields: { display_name: 'Rob' } },
      ]);
    });
    expect(await row(a)).toMatchObject({ version: 0, displayName: null });
    expect(await row(b)).toMatchObject({ version: 4, displayName: 'Bobby' });
  });

  it('knows which ids are unknown; a tombstone is known', async () => {
    const [known, buried, stranger] = [newId<never>(), newId<never>(), newId<never>()];
    await met(known);
    await deleted(buried);
    const unknown = await transaction(app, (tx) =>
      unknownReferences(tx, UserRef, [stranger, known, buried, stranger]),
    );
    expect(unknown).toEqual([stranger]);
    expect(await transaction(app, (tx) => unknownReferences(tx, UserRef, []))).toEqual([]);
  });

  it('meets what is proven to exist, and leaves what is known alone, without waiting for who holds it', async () => {
    const [known, buried, stranger] = [newId<never>(), newId<never>(), newId<never>()];
    await met(known, 3);
    await deleted(buried);
    await transaction(app, async (holder) => {
      await query(holder, 'select from user_refs where id = $1 for update', [known]);
      await transaction(app, async (tx) => {
        await query(tx, `set local lock_timeout = '1s'`);
        await meetKnown(tx, UserRef, [stranger, known, buried, stranger]);
        await meetKnown(tx, UserRef, []);
      });
    });
    expect(await row(stranger)).toMatchObject({ state: 'active', version: 0, displayName: null });
    expect(await row(known)).toMatchObject({ version: 3, displayName: 'Alice' });
    expect(await row(buried)).toMatchObject({ state: 'deleted', version: 9 });
  });

  it('applies updates by aggregate, and ignores aggregates that nothing here holds', async () => {
    const id = newId<never>();
    await transaction(app, async (tx) => {
      await applyReferenceUpdated(tx, library, 'identity.user', id, 5, {
        display_name: 'Al',
        tier: 'pro',
        avatar_url: null,
      });
      await applyReferenceUpdated(tx, library, 'projects.project', id, 5, { name: 'x' });
      await applyReferenceDeleted(tx, library, 'projects.project', id, 5);
    });
    expect(await row(id)).toMatchObject({ version: 5, displayName: 'Al', tier: 'pro', state: 'active' });
  });

  it('passes values as values', async () => {
    const id = newId<never>();
    await met(id, 1, { display_name: `'); drop table books; -- "\\ 🐝` });
    expect((await row(id))?.displayName).toBe(`'); drop table books; -- "\\ 🐝`);
  });
});

describe('deletion', () => {
  it('applies every policy, forgets what was kept fresh, and leaves others alone', async () => {
    const [alice, bob] = [newId<never>(), newId<never>()];
    await met(alice);
    await met(bob, 1, { display_name: 'Bob' });
    const [mine, lent, others] = [
      await addBook(alice, alice),
      await addBook(bob, alice),
      await addBook(bob, bob),
    ];
    await query(app, 'insert into stars (user_id, book_id) values ($1, $3), ($2, $3)', [alice, bob, others]);
    await deleted(alice);
    await sweepLibrary(app);
    const books = new Map((await app.getRepository(Book).find()).map((book) => [book.id, book]));
    expect(books.get(mine)).toMatchObject({ createdBy: alice, lenderId: null });
    expect(books.get(lent)).toMatchObject({ createdBy: bob, lenderId: null });
    expect(books.get(others)).toMatchObject({ createdBy: bob, lenderId: bob });
    expect(await app.getRepository(Star).find()).toMatchObject([{ userId: bob }]);
    expect(await row(alice)).toMatchObject({ state: 'deleted', version: 9, displayName: null, tier: null });
    expect((await row(alice))?.deletedAt).toBeInstanceOf(Date);
    expect(await row(bob)).toMatchObject({ state: 'active', displayName: 'Bob' });
  });

  it('buries an id that was never met, can be told twice, and is never undone', async () => {
    const id = newId<never>();
    await deleted(id, 3);
    const first = await row(id);
    await deleted(id, 3);
    await met(id, 100);
    expect(await row(id)).toMatchObject({
      state: 'deleted',
      version: 3,
      displayName: null,
      deletedAt: first?.deletedAt,
    });
  });

  it('refuses to run where it would miss rows', async () => {
    const stricter = app.transaction('REPEATABLE READ', (tx) =>
      applyReferenceDeleted(tx, library, 'identity.user', newId<never>(), 1),
    );
    await expect(stricter).rejects.toThrow('must be applied in read committed');
  });
});

describe('the live-reference trigger', () => {
  const violation = (work: Promise<unknown>) => work.then(() => 'accepted', constraintViolation);

  it('refuses what is deleted or unknown as the foreign key would, and says which column', async () => {
    const [alive, dead] = [newId<never>(), newId<never>()];
    await met(alive);
    await deleted(dead);
    for (const bad of [dead, newId<never>()]) {
      expect(await violation(addBook(alive, bad))).toMatchObject({
        code: '23503',
        table: 'books',
        column: 'lender_id',
        constraint: 'books_lender_id_fkey',
      });
    }
    expect(await query(app, 'select from books')).toEqual([]);
  });

  it('lets a kept row live on: other columns change, the same value may be written again', async () => {
    const [author, other] = [newId<never>(), newId<never>()];
    await met(author);
    await met(other);
    const id = await addBook(author);
    await deleted(author);
    await query(app, 'update books set title = $2, created_by = created_by where id = $1', [
      id,
      'Dune Messiah',
    ]);
    await query(app, 'update books set created_by = $2 where id = $1', [id, other]);
    expect(
      await violation(query(app, 'update books set created_by = $2 where id = $1', [id, author])),
    ).toMatchObject({ column: 'created_by' });
  });
});
