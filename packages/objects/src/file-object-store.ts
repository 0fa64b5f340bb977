import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { ApiError } from '@hivesync/contracts';
import type { ByteRange } from './byte-range.ts';
import { type ObjectKey, objectKey } from './object-key.ts';
import type { ObjectStore, ReceivedObject } from './object-store.ts';
import { isMissing, onStorage } from './storage-errors.ts';

/** No key begins with a dot, so nothing in there can be asked for. */
const partialFolder = '.partial';

/**
 * Objects as files below `folder`, which is made where it is missing. Bytes are written to `.partial/` beside them,
 * synced, and renamed to their place, and the folder of that is synced: a crash or a full disk leaves a whole object
 * or none, and what it leaves in `.partial` is swept up. All of `folder` is on one file system. Any number of
 * processes may share it.
 */
export class FileObjectStore implements ObjectStore {
  readonly #folder: string;
  readonly #partial: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#partial = join(folder, partialFolder);
  }

  async receive(body: Readable, sizeBytes: number): Promise<ReceivedObject> {
    const path = join(this.#partial, randomUUID());
    const file = await onStorage(async () => {
      await makeFolder(this.#partial);
      return open(path, 'wx', 0o600);
    });
    try {
      try {
        await copy(body, file, sizeBytes);
        await onStorage(() => file.sync());
      } finally {
        await onStorage(() => file.close());
      }
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    return {
      keep: (key) =>
        onStorage(async () => {
          const place = this.#pathOf(key);
          await makeFolder(dirname(place));
          await rename(path, place);
          await syncFolder(dirname(place));
        }),
      // Where it was kept, it is no longer there.
      [Symbol.asyncDispose]: () => rm(path, { force: true }),
    };
  }

  async open(key: ObjectKey, range: ByteRange | null = null): Promise<Readable | null> {
    return onStorage(async () => {
      const file = await unlessMissing(open(this.#pathOf(key)));
      return file?.createReadStream(range ? { start: range.first, end: range.last } : {}) ?? null;
    });
  }

  async sizeOf(key: ObjectKey): Promise<number | null> {
    return onStorage(async () => (await unlessMissing(stat(this.#pathOf(key))))?.size ?? null);
  }

  async delete(key: ObjectKey): Promise<void> {
    await onStorage(async () => {
      const place = this.#pathOf(key);
      await rm(place, { force: true });
      await unlessMissing(syncFolder(dirname(place)));
    });
  }

  async removeLeftovers(olderThanMs: number): Promise<number> {
    return onStorage(async () => {
      let removed = 0;
      for (const name of (await unlessMissing(readdir(this.#partial))) ?? []) {
        const path = join(this.#partial, name);
        const left = await unlessMissing(stat(path));
        // Its last write: a receiver at work has written a moment ago.
        if (!left || left.mtimeMs > Date.now() - olderThanMs) continue;
        await rm(path, { force: true });
        removed += 1;
      }
      return removed;
    });
  }

  #pathOf(key: ObjectKey): string {
    // Once more, where it matters: nothing outside the folder is ever touched.
    return join(this.#folder, objectKey(key));
  }
}

async function copy(body: Readable, file: FileHandle, sizeBytes: number): Promise<void> {
  let received = 0;
  try {
    for await (const piece of body.iterator({ destroyOnReturn: false })) {
      received += piece.length;
      if (received > sizeBytes) {
        throw new ApiError('BODY_TOO_LARGE', {
          detail: `The body has more than the ${sizeBytes} bytes announced.`,
        });
      }
      await onStorage(() => file.writeFile(piece));
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError('UNPROCESSABLE', {
      detail: `The body broke off after ${received} bytes.`,
      cause: error,
    });
  }
  if (received < sizeBytes) {
    throw new ApiError('UNPROCESSABLE', {
      detail: `The body has ${received} bytes of the ${sizeBytes} announced.`,
    });
  }
}

/** With all that is above it, durably. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** A rename or removal is durable when the folder that lists it is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
