import { type DataSource, type Transaction, transaction } from '@hivesync/database';
import { QueryRunnerAlreadyReleasedError } from 'typeorm';
import { ConnectionLostError } from './transient.ts';

/**
 * As `transaction()`, but says so when the connection died under it. All that is heard of that may be that TypeORM
 * has released the query runner, which by itself reads like a mistake of the handler's, and would park the event.
 */
export async function attempt<T>(dataSource: DataSource, work: (tx: Transaction) => Promise<T>): Promise<T> {
  let committing = false;
  try {
    return await transaction(dataSource, async (tx) => {
      committing = false;
      try {
        const result = await work(tx);
        committing = true;
        return result;
      } catch (error) {
        throw tx.queryRunner?.isReleased ? new ConnectionLostError(error) : error;
      }
    });
  } catch (error) {
    throw committing && error instanceof QueryRunnerAlreadyReleasedError
      ? new ConnectionLostError(error)
      : error;
  }
}
