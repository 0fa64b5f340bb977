import { randomUUID } from 'node:crypto';
import { type FileHandle, lstat, open, readdir, rename, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { ApiError } from '@hivesync/contracts';
import type { ByteRange } from './byte-range.ts';
import { type ObjectKey, objectKey } from './object-key.ts';
import type { ObjectStore, ReceivedObject } from './object-store.ts';
import { openFile, ReachedFolder } from './reached-folder.ts';
import { isMissing, onStorage } from './storage-errors.ts';

/** No key begins with a dot, so nothing in there can be asked for. */
const partialFolder = '.partial';

/**
 * Objects as files below `folder`, which is made where it is missing. Bytes are written to `.partial/` beside them,
 * synced, and renamed to their place, and the folder of that is synced: a crash or a full disk leaves a whole object
 * or none, and what it leaves in `.partial` is swept up. All of `folder` is on one file system. Any number of
 * processes may share it. No link in it is followed, so that none leads a download or an upload out of it.
 */
export class FileObjectStore implements ObjectStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async receive(body: Readable, sizeBytes: number): Promise<ReceivedObject> {
    const partialName = randomUUID();
    const file = await onStorage(async () => {
      await using partial = await this.#partial({ make: true });
      return await open(partial.pathOf(partialName), 'wx', 0o600);
    });
    try {
      try {
        await copy(body, file, sizeBytes);
        await onStorage(() => file.sync());
      } finally {
        await onStorage(() => file.close());
      }
    } catch (error) {
      await this.#drop(partialName);
      throw error;
    }
    return {
      keep: (key) =>
        onStorage(async () => {
          const { folders, name } = placeOf(key);
          await using partial = await this.#partial();
          await using place = await ReachedFolder.reach(this.#folder, folders, { make: true });
          await rename(partial.pathOf(partialName), place.pathOf(name));
          await place.sync();
        }),
      // Where it was kept, it is no longer there.
      [Symbol.asyncDispose]: () => this.#drop(partialName),
    };
  }

  async open(key: ObjectKey, range: ByteRange | null = null): Promise<Readable | null> {
    return onStorage(async () => {
      const file = await this.#openFile(key);
      return file?.createReadStream(range ? { start: range.first, end: range.last } : {}) ?? null;
    });
  }

  async sizeOf(key: ObjectKey): Promise<number | null> {
    return onStorage(async () => {
      await using file = await this.#openFile(key);
      return file && (await file.stat()).size;
    });
  }

  async delete(key: ObjectKey): Promise<void> {
    await onStorage(async () => {
      const { folders, name } = placeOf(key);
      await using place = await unlessMissing(ReachedFolder.reach(this.#folder, folders));
      if (!place) return;
      await rm(place.pathOf(name), { force: true });
      await place.sync();
    });
  }

  async removeLeftovers(olderThanMs: number): Promise<number> {
    return onStorage(async () => {
      await using partial = await unlessMissing(this.#partial());
      if (!partial) return 0;
      let removed = 0;
      for (const name of await readdir(partial.pathOf('.'))) {
        const path = partial.pathOf(name);
        const left = await unlessMissing(lstat(path));
        // Its last write: a receiver at work has written a moment ago.
        if (!left || left.mtimeMs > Date.now() - olderThanMs) continue;
        await rm(path, { force: true });
        removed += 1;
      }
      return removed;
    });
  }

  #partial(options?: { make: boolean }): Promise<ReachedFolder> {
    return ReachedFolder.reach(this.#folder, [partialFolder], options);
  }

  async #drop(partialName: string): Promise<void> {
    await using partial = await unlessMissing(this.#partial());
    if (partial) await rm(partial.pathOf(partialName), { force: true });
  }

  #openFile(key: ObjectKey): Promise<FileHandle | null> {
    const { folders, name } = placeOf(key);
    return unlessMissing(
      (async () => {
        await using place = await ReachedFolder.reach(this.#folder, folders);
        return await openFile(place.pathOf(name));
      })(),
    );
  }
}

/** Once more, where it matters: nothing outside the folder is ever touched. */
function placeOf(key: ObjectKey): { folders: string[]; name: string } {
  const folders = objectKey(key).split('/');
  const name = folders.pop() ?? '';
  return { folders, name };
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

async function unlessMissing<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
