import { execFile, execFileSync } from 'node:child_process';
import { constants, mkdirSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

const megabytes = 64;
/** Hidden, so that nobody takes it for one of theirs. */
const ballastName = '.ballast';
const pieces = [Buffer.alloc(1_048_576, 1), Buffer.alloc(4_096, 1)];
/** Whoever removes something meanwhile makes room: it is taken again. */
const topUpMs = 10;
const longestFullMs = 15_000;

/** A file system of its own at a folder, so small that it can be filled. It is in memory, and gone when unmounted. */
export class SmallDisk {
  readonly folder: string;
  #filling: Promise<void> = Promise.resolve();
  #mounted = true;

  private constructor(folder: string) {
    this.folder = folder;
    // The last resort, where nobody came to unmount: a folder in memory would stay until the machine restarts.
    process.once('exit', () => this.#mounted && execFileSync('umount', ['--lazy', folder]));
  }

  /** Null where this process may not mount anything: as a rule only root may, and not in every container. */
  static async mount(folder: string): Promise<SmallDisk | null> {
    mkdirSync(folder, { recursive: true });
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'hivesync-faults', folder]);
      return new SmallDisk(folder);
    } catch {
      // No such program, or not for us; the report says that this fault was not injected.
      return null;
    }
  }

  /**
   * Resolves once no byte is free. That lasts for so many milliseconds, and on until somebody has met it, but 15 s at
   * most: see `settled`.
   */
  async fill(milliseconds: number, met: () => boolean): Promise<void> {
    await this.#filling;
    const ballast = await open(
      join(this.folder, ballastName),
      constants.O_CREAT | constants.O_APPEND | constants.O_WRONLY,
    );
    await topUp(ballast);
    this.#filling = this.#hold(ballast, milliseconds, met);
    this.#filling.catch(() => undefined);
  }

  /** Once there is room again. Rejects where the ballast could not be written. */
  settled(): Promise<void> {
    return this.#filling;
  }

  /** Whoever still has a file open there keeps it until he closes it. */
  async unmount(): Promise<void> {
    if (!this.#mounted) return;
    await this.#filling.catch(() => undefined);
    this.#mounted = false;
    await run('umount', ['--lazy', this.folder]);
  }

  async #hold(ballast: FileHandle, milliseconds: number, met: () => boolean): Promise<void> {
    try {
      const begun = Date.now();
      const isOver = (lasted: number) => (lasted >= milliseconds && met()) || lasted >= longestFullMs;
      while (!isOver(Date.now() - begun)) {
        await topUp(ballast);
        await sleep(topUpMs);
      }
    } finally {
      await ballast.close();
      await rm(join(this.folder, ballastName));
    }
  }
}

async function topUp(ballast: FileHandle): Promise<void> {
  for (const piece of pieces) await writeUntilFull(ballast, piece);
}

async function writeUntilFull(file: FileHandle, piece: Buffer): Promise<void> {
  try {
    for (;;) await file.write(piece);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
}
