import { ApiError } from '@hivesync/contracts';
import { ExponentialBackoff, handleType, retry } from 'cockatiel';
import type { ReferenceOwners } from '../references/reference-owners.ts';

/** Milliseconds before the next try: 0.5, 1, 2 and 4 s, less than the gateway waits for a page of the audit. */
const backoff = new ExponentialBackoff({ initialDelay: 500, maxDelay: 4_000 });
const maxAttempts = 4;

/**
 * Owners for work that goes on for minutes: one that restarts in the meantime, as at a deployment, is asked again
 * for some seconds. Asking changes nothing there.
 */
export function patientOwners(owners: ReferenceOwners, signal: AbortSignal): ReferenceOwners {
  const policy = retry(
    handleType(ApiError, ({ code }) => code === 'UPSTREAM_UNAVAILABLE' && !signal.aborted),
    { maxAttempts, backoff },
  );
  return {
    resolve: (...asked) => policy.execute(() => owners.resolve(...asked), signal),
    list: (...asked) => policy.execute(() => owners.list(...asked), signal),
  };
}
