import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

let bootId: string | undefined;

function linuxIdentity(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // proc_pid_stat(5): the command's name may hold spaces and brackets, so count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  if (state === 'Z' || state === 'X') return null;
  bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${bootId}:${startTime}`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * A token that tells one life of a process id from the next one that gets the same number, or null
 * where no such process lives (a zombie does not). On Windows only "alive" is known.
 */
export function processIdentity(pid: number): string | null {
  if (process.platform === 'linux') return linuxIdentity(pid);
  if (!isAlive(pid)) return null;
  if (process.platform === 'win32') return 'alive';
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

/** Names one running process in a file, so that others can tell when it is gone. */
export interface ProcessTicket {
  pid: number;
  identity: string | null;
}

export function ownTicket(): ProcessTicket {
  return { pid: process.pid, identity: processIdentity(process.pid) };
}

/** Null where the text is no ticket (torn by a crash, or still being written). */
export function parseTicket(text: string): ProcessTicket | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('identity' in value))
      return null;
    if (typeof value.pid !== 'number') return null;
    return { pid: value.pid, identity: typeof value.identity === 'string' ? value.identity : null };
  } catch {
    return null;
  }
}

export function isGone(ticket: ProcessTicket): boolean {
  const identity = processIdentity(ticket.pid);
  return identity === null || (ticket.identity !== null && identity !== ticket.identity);
}
