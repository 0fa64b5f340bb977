type Cleanup = () => Promise<unknown> | unknown;

const cleanups: Cleanup[] = [];

/** Has `cleanup` run when the test file has ended, the latest first. */
export function atFileEnd(cleanup: Cleanup): void {
  cleanups.push(cleanup);
}

/** Runs them all, whichever fail, and then throws what failed. */
export async function endFile(): Promise<void> {
  const failures: unknown[] = [];
  for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) {
    try {
      await cleanup();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'clearing up after the test file failed');
}
