import { setTimeout as sleep } from 'node:timers/promises';
import { meanwhile, type TestDatabase, testDatabase } from '@hivesync/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  applyReferenceDeleted,
  constraintViolation,
  type DataSource,
  meetReferences,
  newId,
  query,
  type Transaction,
  transaction,
} from '../../src/index.ts';
import { library, sweepLibrary, UserRef } from '../library.ts';

const rounds = 2_000;
/** Races at a time, each of them of four transactions or five. */
const lanes = 4;

let database: TestDatabase;
let app: DataSource;

beforeAll(async () => {
  database = await testDatabase(library);
  app = await database.dataSource(library, { poolSize: 5 * lanes + 1 });
});

/** Rows that point at a deleted user where the declaration says that none may. */
const dangling = () =>
  database.query<{ id: string }>(
    `select r.id
       from workers.user_refs r
      where r.state = 'deleted'
        and (exists (select from workers.stars s where s.user_id = r.id)
          or exists (select from workers.books b where b.lender_id = r.id))`,
  );

const pause = () => (Math.random() < 0.5 ? undefined : sleep(Math.random() * 3));

/** Does `work` in a transaction that stays open a random while before and after; what refused it, or null. */
async function writer(work: string, parameters: unknown[]): Promise<string | null> {
  await pause();
  try {
    await transaction(app, async (tx) => {
      await pause();
      await query(tx, work, parameters);
      await pause();
    });
    return null;
  } catch (error) {
    const refusal = constraintViolation(error);
    if (refusal?.code !== '23503') throw error;
    return refusal.column ?? '';
  }
}

async function deletion(id: string): Promise<void> {
  await pause();
  await transaction(app, async (tx) => {
    await pause();
    await applyReferenceDeleted(tx, library, 'identity.user', id, 2);
    await pause();
  });
}

describe('a write that races the deletion', () => {
  it(`lands and is swept, or is refused: ${rounds} interleavings on real connections`, {
    timeout: 120_000,
  }, async () => {
    const author = newId<never>();
    await transaction(app, (tx) => meetReferences(tx, UserRef, [{ id: author, version: 1, fields: {} }]));
    const outcomes = { landed: 0, refused: 0 };
    async function race(round: number): Promise<void> {
      const [user, book, added] = [newId<never>(), newId<never>(), newId<never>()];
      // Every third user is not met before the race: the writer meets them in its own transaction.
      const meets = round % 3 === 0;
      const meet = (tx: Transaction) => meetReferences(tx, UserRef, [{ id: user, version: 1, fields: {} }]);
      if (!meets) await transaction(app, meet);
      await query(app, `insert into books (id, title, created_by) values ($1, 'Dune', $2)`, [book, author]);
      const meeting = meets
        ? transaction(app, async (tx) => {
            await pause();
            await meet(tx);
            await pause();
          })
        : Promise.resolve();
      const writes = meeting.then(() =>
        Promise.all([
          writer('insert into stars (user_id, book_id) values ($1, $2)', [user, book]),
          writer('update books set lender_id = $1 where id = $2', [user, book]),
          writer(`insert into books (id, title, created_by, lender_id) values ($3, 'Emma', $2, $1)`, [
            user,
            author,
            added,
          ]),
        ]),
      );
      const [refusals] = await Promise.all([writes, deletion(user)]);
      for (const refusal of refusals) outcomes[refusal === null ? 'landed' : 'refused'] += 1;
    }
    // The sweeper is at work all the while, as it is in a service.
    const sweeping = meanwhile(async (ending) => {
      const completed = [];
      while (!ending.aborted) {
        completed.push(...(await sweepLibrary(app)));
        await sleep(1);
      }
      return completed;
    });
    await Promise.all(
      Array.from({ length: lanes }, async (_, lane) => {
        for (let round = lane; round < rounds; round += lanes) await race(round);
      }),
    );
    const completed = [...(await sweeping.stop()), ...(await sweepLibrary(app))];
    expect(await dangling()).toEqual([]);
    expect(await database.query(`select from workers.user_refs where state = 'deleted'`)).toHaveLength(
      rounds,
    );
    // Each sweep was completed once, and each row that landed was swept and counted once.
    expect(completed).toHaveLength(rounds);
    const swept = completed.flatMap(({ removed }) => Object.values(removed)).reduce((sum, n) => sum + n, 0);
    expect(swept).toBe(outcomes.landed);
    // Both outcomes happened, or the race was none.
    expect(outcomes.landed).toBeGreaterThan(rounds / 10);
    expect(outcomes.refused).toBeGreaterThan(rounds / 10);
  });

  it('leaves a dangling row without the trigger: the test can fail', { timeout: 60_000 }, async () => {
    await database.query('alter table workers.stars disable trigger stars_user_id_live');
    const [user, book] = [newId<never>(), newId<never>()];
    await transaction(app, (tx) => meetReferences(tx, UserRef, [{ id: user, version: 1, fields: {} }]));
    await query(app, `insert into books (id, title, created_by) values ($1, 'Dune', $2)`, [book, user]);
    await transaction(app, async (tx) => {
      await query(tx, 'insert into stars (user_id, book_id) values ($1, $2)', [user, book]);
      await deletion(user);
      await sweepLibrary(app);
    });
    expect(await dangling()).toEqual([{ id: user }]);
    await database.query('alter table workers.stars enable trigger stars_user_id_live');
  });
});
