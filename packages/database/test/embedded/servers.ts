import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

export const isRoot = process.getuid?.() === 0;

/** A new folder in memory where that is possible; `tidy` stops and removes whatever is in it. */
export function newFolder(): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'embedded-'));
}

/** The pid of the server on that data folder, as its cluster tells. */
export function serverPid(cluster: string): number {
  return Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0]);
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

export async function ended(pid: number): Promise<void> {
  while (isRunning(pid)) await delay(20);
}

/** Stops a server that a failed test may have left, and removes its folder wherever its cluster is. */
export async function tidy(home: string): Promise<void> {
  const pointer = join(home, 'location');
  const folder = existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : home;
  const pidFile = join(folder, 'cluster', 'postmaster.pid');
  if (existsSync(pidFile)) {
    const pid = serverPid(join(folder, 'cluster'));
    if (pid > 0 && pid !== process.pid && isRunning(pid)) {
      process.kill(pid, 'SIGQUIT');
      await ended(pid);
    }
  }
  for (const path of new Set([folder, home])) rmSync(path, { recursive: true, force: true });
}

export async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

export interface Owner {
  child: ChildProcess;
  url: string;
  adopted: boolean;
  /** The next line that it prints. */
  line(): Promise<string>;
  stop(): Promise<number | null>;
}

/** Another process that uses the server; in a process group of its own, as a command in a terminal is. */
export async function owner(dataDir: string): Promise<Owner> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'owner.ts'), dataDir], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => String((await lines.next()).value);
  const first: { url: string; adopted: boolean } = JSON.parse(await line());
  const stop = async () => {
    child.stdin.write('stop\n');
    await once(child, 'exit');
    return child.exitCode;
  };
  return { child, ...first, line, stop };
}
