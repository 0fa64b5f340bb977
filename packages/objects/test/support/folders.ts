import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new folder that goes when the test has ended. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hivesync-objects-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A file system of so many KiB, or why there is none: mounting is for root, and not everywhere allowed to it. */
export function smallDisk(kib: number): { folder: string } | { reason: string } {
  const folder = newFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'hivesync-test', folder], { stdio: 'pipe' });
  } catch (error) {
    return {
      reason: `no file system can be mounted here: ${error instanceof Error ? error.message : error}`,
    };
  }
  onTestFinished(() => {
    execFileSync('umount', [folder]);
  });
  return { folder };
}

/** Every file below, by its path from there. */
export function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
