import { ApiError } from '@hivesync/contracts';
import type { DataSource } from '@hivesync/database';
import type { App } from '@hivesync/http';
import { type ObjectStore, objectKey } from '@hivesync/objects';
import { dueRemovals, forgetRemoval, openRemovals, postponeRemoval } from './object-removal.repository.ts';
import { deleteExpiredUploads } from './object-upload.repository.ts';

const batch = 100;
/** Longer than any upload can take. */
const leftoverMs = 3_600_000;

/** Removes in the background what deletions have left in the storage. Every replica does; doing it twice is harmless. */
export function objectRemoval(app: App, store: ObjectStore): void {
  app.readings.add('object_removals', () => openRemovals(app.dataSource), {
    object_removals_open: {
      help: 'Objects that no row names, and that are still there',
      tell: ({ open }) => open,
    },
    object_removals_failing: {
      help: 'Those of them whose last attempt to remove failed',
      tell: ({ failing }) => failing,
    },
    object_removals_oldest_age_seconds: {
      help: 'Age of the oldest of them; 0: none',
      tell: ({ oldestSeconds }) => oldestSeconds,
    },
  });
  const aside = { holdsStart: false };
  app.lifecycle.every('removal of objects', 1, () => removeObjects(app, store), aside);
  app.lifecycle.every('uploads nobody attached', 60, () => expireUploads(app.dataSource), aside);
  app.lifecycle.every('leftovers of uploads', 600, () => store.removeLeftovers(leftoverMs), aside);
}

/**
 * Removes all objects that are due, then the rows that ask for it: killed in between, the next turn does it again. A
 * key is never used for another object, so a removal that comes twice or late meets nothing else.
 * @returns how many
 */
export async function removeObjects(
  { dataSource, log }: Pick<App, 'dataSource' | 'log'>,
  store: ObjectStore,
): Promise<number> {
  for (let removed = 0; ; ) {
    const keys = await dueRemovals(dataSource, batch);
    for (const key of keys) {
      try {
        await store.delete(objectKey(key));
      } catch (error) {
        log.warn({ err: error }, 'object not removed yet');
        await postponeRemoval(dataSource, key, described(error));
        continue;
      }
      removed += Number(await forgetRemoval(dataSource, key));
    }
    if (keys.length < batch) return removed;
  }
}

/** For the row: whoever looks there sees why. */
function described(error: unknown): string {
  if (error instanceof ApiError) return error.code;
  return error instanceof Error ? error.message : String(error);
}

async function expireUploads(dataSource: DataSource): Promise<void> {
  while ((await deleteExpiredUploads(dataSource, batch)) === batch);
}
