import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from './errors.ts';
import { isGone, ownTicket, parseTicket } from './process-identity.ts';

/*
 * Who uses the server now: one file each under `<home>/users`. The last one to leave stops the
 * server. A user that died is found by its ticket and counts no more. Call these under the lock.
 */

/** Registers this process; the returned path names the registration. */
export function register(home: string): string {
  const folder = join(home, 'users');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${process.pid}-${randomBytes(4).toString('hex')}.json`);
  writeFileSync(path, JSON.stringify(ownTicket()));
  return path;
}

export function unregister(registration: string): void {
  rmSync(registration, { force: true });
}

/** How many living users there are; what dead ones left is removed. */
export function countUsers(home: string): number {
  const folder = join(home, 'users');
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 0;
    throw error;
  }
  const living = names.filter((name) => {
    const path = join(folder, name);
    const ticket = parseTicket(readFileSync(path, 'utf8'));
    if (ticket && !isGone(ticket)) return true;
    rmSync(path, { force: true });
    return false;
  });
  return living.length;
}
