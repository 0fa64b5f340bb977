import { onTestFinished } from 'vitest';

export interface Meanwhile<T> {
  /** What the work comes to. Not awaiting it is no unhandled rejection. */
  outcome: Promise<T>;
  /** Aborts the signal that the work has, and gives what it comes to. */
  stop(): Promise<T>;
}

/**
 * Begins work that goes on while the test does other things, as a load or a request to be answered later. The
 * test does not end before it, and its end, also that of a failed one, aborts the signal: a loop looks at that.
 */
export function meanwhile<T>(work: (signal: AbortSignal) => Promise<T>): Meanwhile<T> {
  const ending = new AbortController();
  const outcome = work(ending.signal);
  // Looked at here, so that a failure before anybody awaits it does not fail the whole run.
  const settled = Promise.allSettled([outcome]);
  const stop = () => {
    ending.abort();
    return outcome;
  };
  onTestFinished(async () => {
    ending.abort();
    await settled;
  });
  return { outcome, stop };
}
