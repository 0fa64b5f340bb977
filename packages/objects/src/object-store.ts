import type { Readable } from 'node:stream';
import type { ByteRange } from './byte-range.ts';
import type { ObjectKey } from './object-key.ts';

/**
 * Where objects are. An object is whole or not there, and is never changed.
 *
 * Every method throws ApiError STORAGE_FULL (507) where there is no room, STORAGE_UNAVAILABLE (503) where the storage
 * fails otherwise.
 */
export interface ObjectStore {
  /**
   * Takes in a body of exactly `sizeBytes`, durably, under no key yet. The body is read no further than one piece
   * beyond that, and is not destroyed: whoever gave it can still answer.
   * @throws ApiError BODY_TOO_LARGE, UNPROCESSABLE (too few bytes, or it broke off); nothing is left then.
   */
  receive(body: Readable, sizeBytes: number): Promise<ReceivedObject>;
  /** For reading all of it or `range`, which lies within it; null where there is none. The caller reads it or destroys it. */
  open(key: ObjectKey, range?: ByteRange | null): Promise<Readable | null>;
  /** Bytes; null where there is none. */
  sizeOf(key: ObjectKey): Promise<number | null>;
  /** Durably; nothing happens where there is none. */
  delete(key: ObjectKey): Promise<void>;
  /** Removes what receivers that were killed left behind more than `olderThanMs` ago. @returns how many */
  removeLeftovers(olderThanMs: number): Promise<number>;
}

/** Bytes that are stored and do not have a name. Disposed of without `keep`, they go. */
export interface ReceivedObject extends AsyncDisposable {
  /** Gives it its key, atomically and durably. What had that key before is replaced. */
  keep(key: ObjectKey): Promise<void>;
}
