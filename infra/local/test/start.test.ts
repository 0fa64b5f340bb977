/** `npm start` as the process that it is. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serviceNames } from '@hivesync/contracts';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { freePortRow } from '../src/ports.ts';

const begun: ChildProcess[] = [];
const folder = mkdtempSync(join(tmpdir(), 'hivesync-start-'));
afterAll(() => {
  for (const child of begun) if (child.exitCode === null) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

interface Start {
  child: ChildProcess;
  url: string;
  /** Both streams, as they come. */
  said(): string;
  errors(): string;
  until(pattern: RegExp): Promise<void>;
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals | null>;
}

const patienceMs = 240_000;

async function start(
  dataFolder: string,
  options: { port?: number; uid?: number; ownGroup?: boolean } = {},
): Promise<Start> {
  const port = options.port ?? (await freePortRow(serviceNames.length + 1));
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'run-source.mjs'), join(import.meta.dirname, '../src/start.ts')],
    {
      env: { PATH: process.env.PATH, HIVESYNC_DATA_DIR: dataFolder, HIVESYNC_PORT_BASE: String(port) },
      detached: options.ownGroup ?? false,
      ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
    },
  );
  begun.push(child);
  let [out, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal)),
  );
  const said = () => out + errors;
  const until = async (pattern: RegExp) => {
    for (const from = Date.now(); !pattern.test(said()); await sleep(50)) {
      if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${said()}`);
      if (Date.now() - from > patienceMs) throw new Error(`waited in vain for ${pattern}: ${said()}`);
    }
  };
  return { child, url: `http://127.0.0.1:${port}`, said, errors: () => errors, until, ended };
}

const linesOf = (text: string) => text.split('\n').filter((line) => line.trim() !== '');

/** Process ids of PostgreSQL servers whose cluster belongs to the data folder, wherever it is. */
function postgresOf(dataFolder: string): number[] {
  const home = join(dataFolder, 'postgres');
  const elsewhere = join(home, 'location');
  const place = existsSync(elsewhere) ? readFileSync(elsewhere, 'utf8').trim() : home;
  onTestFinished(() => {
    if (place !== home) rmSync(place, { recursive: true, force: true });
  });
  const file = join(place, 'cluster', 'postmaster.pid');
  return existsSync(file) ? [Number(readFileSync(file, 'utf8').split('\n')[0])] : [];
}

test('a second start on the same data says so in one line, wherever it would listen; a killed one is in nobody’s way', async () => {
  const data = join(folder, 'twice');
  const first = await start(data);
  await first.until(/is ready after/);
  for (const port of [undefined, Number(new URL(first.url).port)]) {
    const second = await start(data, port === undefined ? {} : { port });
    expect(await second.ended).toBe(1);
    expect(linesOf(second.said())).toEqual([
      expect.stringMatching(
        `^HiveSync is running on ${data} already \\(process ${first.child.pid}\\): .*HIVESYNC_DATA_DIR`,
      ),
    ]);
  }
  expect((await fetch(`${first.url}/health/ready`)).status).toBe(200);

  first.child.kill('SIGKILL');
  await first.ended;
  const third = await start(data);
  await third.until(/is ready after/);
  third.child.kill('SIGINT');
  expect(await third.ended).toBe(0);
  expect(third.said()).toContain('SIGINT: stopping');
  expect(postgresOf(data)).toEqual([]);
}, 900_000);

test('a data folder of another user names the setting that moves it', async () => {
  const data = join(folder, 'of-another');
  mkdirSync(data, { mode: 0o700 });
  const root = process.getuid?.() === 0;
  if (root) chmodSync(folder, 0o755);
  else chmodSync(data, 0o500);
  const refused = await start(data, root ? { uid: 65_534 } : {});
  expect(await refused.ended).toBe(1);
  expect(linesOf(refused.said())).toEqual([expect.stringMatching(`${data}.*another.*HIVESYNC_DATA_DIR`)]);
}, 300_000);

// From the first moment that it listens for signals, through initdb and migrations, to the last apps.
test.each([
  [0, 'itself'],
  [2_000, 'itself'],
  [6_000, 'itself'],
  [700, 'its group'],
  [2_500, 'its group'],
] as const)(
  'Ctrl-C %i ms into a start, at %s, says what it does and leaves nothing running',
  async (ms, at) => {
    const data = join(folder, `interrupted-${ms}`);
    // A terminal sends it to the programs that a start runs as well, and may end initdb in the middle.
    const ownGroup = at === 'its group';
    const interrupted = await start(data, { ownGroup });
    await interrupted.until(/Starting/);
    await sleep(ms);
    const pid = interrupted.child.pid ?? 0;
    process.kill(ownGroup ? -pid : pid, 'SIGINT');
    const code = await interrupted.ended;
    const lines = linesOf(interrupted.said());
    expect(lines).toContainEqual(expect.stringMatching(/^SIGINT: stopping/));
    // On a fast machine it was ready by then, and ended as a running one does.
    const ready = /is ready after/.test(interrupted.said());
    expect(code).toBe(ready ? 0 : 130);
    if (!ready) expect(lines.at(-1)).toBe('Stopped. Nothing is left running.');
    expect(interrupted.errors()).toBe('');
    expect(postgresOf(data)).toEqual([]);
    for (let offset = 0; offset <= serviceNames.length; offset += 1) {
      const url = new URL(interrupted.url);
      url.port = String(Number(url.port) + offset);
      await expect(fetch(url)).rejects.toThrow();
    }
    expect(existsSync(join(data, 'platform'))).toBe(false);
  },
  600_000,
);
