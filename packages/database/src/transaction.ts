import { setTimeout as sleep } from 'node:timers/promises';
import {
  type DataSource,
  type EntityManager,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
} from 'typeorm';
import { ConnectionLostError, isRetriable } from './failures.ts';

/** An entity manager inside a transaction: what services pass along and repositories query through. */
export type Transaction = EntityManager;

/** A crowd on one aggregate is overtaken often (see the essay of `@hivesync/events`): 3 were too few for 10 at once. */
const retries = 9;

/**
 * Runs `work` in one transaction (read committed) and commits it; rolls back when it throws. After a deadlock or
 * serialization failure all of `work` runs again, up to 9 times after 5 to 165 ms of jitter, so it must have no
 * effect outside the database. Errors pass through unchanged.
 * @throws ConnectionLostError when the connection broke between two statements of `work`.
 */
export async function transaction<T>(
  dataSource: DataSource,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await dataSource.transaction(work);
    } catch (error) {
      // TypeORM gives a broken connection back at once, so the next statement finds its runner released.
      if (
        error instanceof QueryRunnerAlreadyReleasedError ||
        error instanceof QueryRunnerProviderAlreadyReleasedError
      ) {
        throw new ConnectionLostError({ cause: error });
      }
      if (attempt >= retries || !isRetriable(error)) throw error;
      await sleep(5 + Math.random() * 20 * 2 ** Math.min(attempt, 3));
    }
  }
}
