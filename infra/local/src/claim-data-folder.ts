import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isGone, ownTicket, parseTicket, withLock } from '@hivesync/database/embedded';

/** Another platform runs on the data folder: two would work on the same rows, files and secrets, each unaware. */
export class AlreadyRunningError extends Error {
  constructor(folder: string, pid: number) {
    super(
      `HiveSync is running on ${folder} already (process ${pid}): use or stop that one, or set HIVESYNC_DATA_DIR and HIVESYNC_PORT_BASE to start another beside it.`,
    );
    this.name = 'AlreadyRunningError';
  }
}

/**
 * Claims the data folder for the platform of this process, making it where it is missing. A claim left by a process
 * that died counts no more. Commands that only use its database need none.
 *
 * @returns gives the claim up
 * @throws AlreadyRunningError
 */
export async function claimDataFolder(folder: string): Promise<() => void> {
  const claim = join(folder, 'platform');
  mkdirSync(folder, { recursive: true });
  await withLock(folder, async () => {
    const holder = parseTicket(textOf(claim));
    if (holder && !isGone(holder)) throw new AlreadyRunningError(folder, holder.pid);
    writeFileSync(claim, JSON.stringify(ownTicket()));
  });
  return () => rmSync(claim, { force: true });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
