import type { DataSource, Transaction } from '@hivesync/database';
import { onTestFinished } from 'vitest';

/** A transaction held open by hand, to commit late. */
export interface OpenTransaction {
  tx: Transaction;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/**
 * Begins a transaction for one test. While it is open and has written, it holds back the feeds of all tests on
 * the server: end it soon. The end of the test, also of a failed one, rolls it back where nobody did.
 */
export async function openTransaction(source: DataSource): Promise<OpenTransaction> {
  const runner = source.createQueryRunner();
  await runner.startTransaction();
  const end = async (how: 'commitTransaction' | 'rollbackTransaction') => {
    try {
      await runner[how]();
    } finally {
      await runner.release();
    }
  };
  onTestFinished(async () => {
    if (!runner.isReleased) await end('rollbackTransaction');
  });
  return {
    tx: runner.manager,
    commit: () => end('commitTransaction'),
    rollback: () => end('rollbackTransaction'),
  };
}
