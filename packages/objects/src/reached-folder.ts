import { constants, existsSync } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const { O_DIRECTORY = 0, O_NOFOLLOW = 0, O_RDONLY } = constants;
const byHandle = existsSync('/proc/self/fd');

/** Opens a file for reading, unless its name is a link. */
export const openFile = (path: string): Promise<FileHandle> => open(path, O_RDONLY | O_NOFOLLOW);

/**
 * A folder that was reached from a root without following a link, step by step, each taken in the folder that the one
 * before has opened. On Linux its names are looked up in the opened folder itself (`/proc/self/fd`, which stands for
 * openat(2)), so what is done in it stays in it, whatever is laid in its way meanwhile. Elsewhere its path is used,
 * in which no link was found a moment ago.
 */
export class ReachedFolder implements AsyncDisposable {
  readonly #handle: FileHandle;
  readonly #path: string;

  private constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  /**
   * The root may be a link, as whoever set it up chose; nothing below it may.
   * @param make makes what is missing on the way, durably
   * @throws ENOENT where something is missing, ELOOP or ENOTDIR where there is a link
   */
  static async reach(root: string, names: readonly string[], { make = false } = {}): Promise<ReachedFolder> {
    if (make) await makeRoot(root);
    let folder = new ReachedFolder(await open(root, O_RDONLY | O_DIRECTORY), root);
    for (const name of names) {
      await using last = folder;
      if (make) await last.#make(name);
      const handle = await open(last.pathOf(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      folder = new ReachedFolder(handle, join(last.#path, name));
    }
    return folder;
  }

  /** Of a name in this folder, good for as long as it is open: whatever uses the path is awaited before it closes. */
  pathOf(name: string): string {
    return join(byHandle ? `/proc/self/fd/${this.#handle.fd}` : this.#path, name);
  }

  /** A rename or removal is durable when the folder that lists it is. */
  sync(): Promise<void> {
    return this.#handle.sync();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#handle.close();
  }

  async #make(name: string): Promise<void> {
    try {
      await mkdir(this.pathOf(name), { mode: 0o700 });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
      throw error;
    }
    await this.sync();
  }
}

/** With all that is above it, durably. */
async function makeRoot(root: string): Promise<void> {
  const first = await mkdir(root, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = root; made.length >= first.length; made = dirname(made)) {
    await using above = await open(dirname(made));
    await above.sync();
  }
}
