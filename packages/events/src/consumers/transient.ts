import { isDatabaseUnavailable, isRetriable, sqlState } from '@hivesync/database';

/**
 * Failures of the database or of the way to it. They say nothing about the event in hand: whoever meets one
 * waits and tries again, and never parks. A statement timeout (57014) is not among them, since an
 * event whose statement is always too slow would stop its source for good.
 */
export function isTransient(error: unknown): boolean {
  return isRetriable(error) || isDatabaseUnavailable(error) || sqlState(error) === lockNotAvailable;
}

const lockNotAvailable = '55P03';
