import { ApiError } from '@hivesync/contracts';
import type { FeedPosition } from './position.ts';

/**
 * The event at the reader's position is not in this feed's history: the server lost its last commits (a failover, a
 * restore), or retention has passed a reader that was forgotten. Nothing is read until the reader has gone back.
 */
export class FeedSetBackError extends ApiError {
  /** The newest event of the position's epoch up to it that is still here; null where there is none. */
  readonly rewindTo: FeedPosition | null;

  constructor(rewindTo: FeedPosition | null) {
    super('FEED_SET_BACK', { members: { rewind_to: rewindTo } });
    this.name = 'FeedSetBackError';
    this.rewindTo = rewindTo;
  }
}
