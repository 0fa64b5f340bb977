import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedPostgresError, hasCode } from './errors.ts';
import { isGone, ownTicket, parseTicket } from './process-identity.ts';

/** A file without a readable ticket is taken for one being written until it is this old. */
const tornAfterMs = 5_000;
const pollMs = 25;

function create(path: string): boolean {
  try {
    writeFileSync(path, JSON.stringify(ownTicket()), { flag: 'wx' });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** The pid of a living holder, 0 for a holder not known yet, null where the file is gone or left over. */
function holder(path: string): number | null {
  try {
    const ticket = parseTicket(readFileSync(path, 'utf8'));
    if (ticket) return isGone(ticket) ? null : ticket.pid;
    return Date.now() - statSync(path).mtimeMs > tornAfterMs ? null : 0;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/**
 * Removes a lock whose holder died. Two that find it stale at once must not both remove it (the
 * second would remove the first one's new lock), so removing needs a lock of its own; it is held
 * without waiting for anything, and one left by a crash just there goes stale by age.
 */
function breakStale(path: string): void {
  const breaker = `${path}.break`;
  if (!create(breaker)) {
    if (holder(breaker) === null) rmSync(breaker, { force: true });
    return;
  }
  try {
    if (holder(path) === null) rmSync(path, { force: true });
  } finally {
    rmSync(breaker, { force: true });
  }
}

/**
 * Runs `work` while holding `<folder>/lock`: one process (and one caller in it) at a time. A lock
 * left by a process that died is taken over.
 *
 * @param onWait called once, with the holder's pid, when the lock isn't free for 3 s
 * @throws EmbeddedPostgresError after `timeoutMs` without the lock
 */
export async function withLock<T>(
  folder: string,
  work: () => Promise<T>,
  options: { timeoutMs?: number; onWait?: (pid: number) => void } = {},
): Promise<T> {
  const path = join(folder, 'lock');
  const startedAt = Date.now();
  let told = false;
  while (!create(path)) {
    const pid = holder(path);
    if (pid === null) {
      breakStale(path);
      continue;
    }
    const waited = Date.now() - startedAt;
    if (waited > (options.timeoutMs ?? 180_000)) {
      throw new EmbeddedPostgresError(
        `Process ${pid} has held ${path} for too long. If it is not starting PostgreSQL, remove that file.`,
      );
    }
    if (!told && waited > 3_000) {
      told = true;
      options.onWait?.(pid);
    }
    await delay(pollMs);
  }
  return holding(path, work);
}

async function holding<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** The same without waiting: does nothing where a living process holds the lock, or the folder has gone. */
export async function withFreeLock(folder: string, work: () => Promise<void>): Promise<void> {
  const path = join(folder, 'lock');
  try {
    if (!create(path)) {
      if (holder(path) !== null) return;
      breakStale(path);
      if (!create(path)) return;
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  await holding(path, work);
}
