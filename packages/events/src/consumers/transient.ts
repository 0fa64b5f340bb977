import { isDatabaseUnavailable, isRetriable, sqlState } from '@hivesync/database';

/** A source tells more that this release does not know than is kept here: it is read on by a later release. */
export class TooManyUnknownError extends Error {
  override readonly name = 'TooManyUnknownError';

  constructor(source: string, most: number) {
    super(`${most} events of ${source} wait for a later release of this service already`);
  }
}

/**
 * Failures of the database or of the way to it. They say nothing about the event in hand: whoever meets one
 * waits and tries again, and never parks. A statement timeout (57014) is not among them, since an
 * event whose statement is always too slow would stop its source for good. Nor does a release that is too old.
 */
export function isTransient(error: unknown): boolean {
  return (
    isRetriable(error) ||
    isDatabaseUnavailable(error) ||
    sqlState(error) === lockNotAvailable ||
    error instanceof TooManyUnknownError
  );
}

const lockNotAvailable = '55P03';
