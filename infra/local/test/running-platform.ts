import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serviceNames } from '@hivesync/contracts';
import { freePortRow } from '../src/ports.ts';

export const patienceMs = 240_000;

/** The arguments of Node that run a command of `src` from its source. */
export const run = (file: string): string[] => [
  join(import.meta.dirname, 'run-source.mjs'),
  join(import.meta.dirname, '../src', file),
];

export interface RunningPlatform {
  port: number;
  /** Holds `.data`. */
  folder: string;
  /** Of a command that is to find this platform. */
  environment: NodeJS.ProcessEnv;
  /** To be called when the test file ends. */
  stop(): Promise<void>;
}

/** The platform as `npm start` starts it, on ports and data of its own. */
export async function runningPlatform(): Promise<RunningPlatform> {
  const folder = mkdtempSync(join(tmpdir(), 'hivesync-platform-'));
  const port = await freePortRow(serviceNames.length + 1);
  const environment = {
    PATH: process.env.PATH,
    HIVESYNC_DATA_DIR: join(folder, '.data'),
    HIVESYNC_PORT_BASE: String(port),
  };
  const platform: ChildProcess = spawn(process.execPath, run('start.ts'), {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = async () => {
    if (platform.exitCode === null) {
      platform.kill('SIGINT');
      await once(platform, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  };
  let said = '';
  platform.stdout?.setEncoding('utf8').on('data', (more) => {
    said += more;
  });
  for (const from = Date.now(); !said.includes('is ready after'); await sleep(50)) {
    if (platform.exitCode !== null || Date.now() - from > patienceMs)
      throw new Error(`it did not start: ${said}`);
  }
  return { port, folder, environment, stop };
}
