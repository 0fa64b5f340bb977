import type { Id } from '@hivesync/contracts';
import { v7 } from 'uuid';

/**
 * A new UUIDv7 (RFC 9562, section 5.7): ordered by time, so that inserts stay at the right edge of an index.
 * The caller names whose id it is: `newId<TaskId>()`.
 */
export function newId<T extends Id<string>>(): T {
  return v7() as string as T;
}
