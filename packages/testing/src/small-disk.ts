import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system that is soon full, mounted until it is disposed of; or why there is none. */
export type SmallDisk = ({ folder: string } | { reason: string }) & Disposable;

/** A file system of so many KiB. Mounting is for root, and not everywhere allowed to it. */
export function smallDisk(kib: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'hivesync-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'hivesync-test', folder], { stdio: 'pipe' });
  } catch (error) {
    rmSync(folder, { recursive: true });
    const reason = `no file system can be mounted here: ${error instanceof Error ? error.message : error}`;
    return { reason, [Symbol.dispose]: () => undefined };
  }
  return {
    folder,
    [Symbol.dispose]() {
      // Lazily: somebody may have a file open still.
      execFileSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true });
    },
  };
}
