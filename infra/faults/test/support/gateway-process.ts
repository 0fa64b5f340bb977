import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environmentOf, freePortRow } from '@hivesync/local';

const host = '127.0.0.1';
const main = resolve(import.meta.dirname, '../../../../services/gateway/dist/main.js');

/** The built gateway as a process of its own. */
export interface GatewayProcess {
  url: string;
  port: number;
  pid: number;
  /** What it wrote since its start, both streams together. */
  log(): string;
  /** Whether the process that was started is still there. */
  alive(): boolean;
  stop(): Promise<void>;
}

/** Starts it in front of those services, and waits until it answers. */
export async function startGateway(
  serviceUrls: Record<string, string>,
  settings: Record<string, string> = {},
): Promise<GatewayProcess> {
  const port = await freePortRow(1);
  const environment = environmentOf(
    'gateway',
    { host, port },
    {
      // It has no database, keeps no secret and signs nothing.
      secrets: {} as never,
      databaseUrl: '',
      objectsFolder: '',
      publicUrl: `http://${host}:${port}`,
      serviceUrls: serviceUrls as never,
      logLevel: 'warn',
      drainSeconds: 0,
    },
  );
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, ...environment, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      log += text;
    });
  }
  const url = `http://${host}:${port}`;
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error(`The gateway does not start: ${log}`);
    await sleep(50);
  }
  return {
    url,
    port,
    pid: child.pid!,
    log: () => log,
    alive: () => child.exitCode === null && child.signalCode === null,
    stop: () => stop(child),
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/live`)).ok;
  } catch {
    // Not yet listening.
    return false;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await gone;
  clearTimeout(timer);
}
