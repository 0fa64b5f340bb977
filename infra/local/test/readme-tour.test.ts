/** The tour of the README, block by block as it stands there, against the platform as `npm start` starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { serviceNames } from '@hivesync/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePortRow } from '../src/ports.ts';

interface Block {
  script: string;
  /** What the README shows of its output, if anything. */
  shown: string;
}

const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');
const tour = readme.slice(readme.indexOf('## Five minutes'), readme.indexOf('## Where to go next'));

/** Each block of bash, with the block of another kind behind it. */
const blocks: Block[] = [];
for (const [, language, body = ''] of tour.matchAll(/^```(\w*)\n(.*?)^```$/gms)) {
  const last = blocks.at(-1);
  if (language === 'bash') blocks.push({ script: body, shown: '' });
  else if (last && last.shown === '') last.shown = body;
}

const run = (file: string) => [
  join(import.meta.dirname, 'run-source.mjs'),
  join(import.meta.dirname, '../src', file),
];
const folder = mkdtempSync(join(tmpdir(), 'hivesync-tour-'));
const patienceMs = 240_000;
let platform: ChildProcess;
let port: number;

beforeAll(async () => {
  port = await freePortRow(serviceNames.length + 1);
  platform = spawn(process.execPath, run('start.ts'), {
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  platform.stdout?.setEncoding('utf8').on('data', (more) => {
    said += more;
  });
  for (const from = Date.now(); !said.includes('is ready after'); await sleep(50)) {
    if (platform.exitCode !== null || Date.now() - from > patienceMs)
      throw new Error(`it did not start: ${said}`);
  }
}, patienceMs);

afterAll(async () => {
  if (platform.exitCode === null) {
    platform.kill('SIGINT');
    await once(platform, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

const environment = () => ({
  PATH: process.env.PATH,
  HIVESYNC_DATA_DIR: join(folder, '.data'),
  HIVESYNC_PORT_BASE: String(port),
});

/** All blocks in one shell, as somebody would type them. @returns the output of each */
async function walk(): Promise<string[]> {
  const end = '== end of block ==';
  const command = run('admin.ts').map((part) => `'${part}'`);
  const script = [
    // A machine that others use as well is slower than what the README waits for.
    'sleep() { command sleep 5; }',
    // What `npm run admin:create -- ...` runs once everything is built.
    `npm() { [ "$2" = admin:create ] && '${process.execPath}' ${command.join(' ')} create "\${@:4}"; }`,
    ...blocks.map((block) => `${block.script}\nprintf '\\n${end}\\n'`),
  ].join('\n');
  const shell = spawn('bash', ['--norc', '-c', script.replace('127.0.0.1:8080', `127.0.0.1:${port}`)], {
    cwd: folder,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, errors] = await Promise.all([text(shell.stdout), text(shell.stderr)]);
  expect(errors).toBe('');
  return out.split(end).slice(0, -1);
}

test(
  'every block runs, and answers with what is shown behind it',
  async () => {
    expect(blocks.length).toBeGreaterThanOrEqual(7);
    const outputs = await walk();
    expect(outputs).toHaveLength(blocks.length);
    for (const [at, { script, shown }] of blocks.entries()) {
      const output = outputs[at] ?? '';
      // Ids, times and tags are others; names of fields, codes and statuses are the same.
      const expected = [
        ...shown.matchAll(/"\w+":|"(?:code|type|role|title)":"[^"]*"|"status":\d+|^HTTP\S+ \d+/gm),
      ];
      for (const [piece] of expected) expect(output, script).toContain(piece);
      if (!shown.includes('"code"')) expect(output, script).not.toContain('"code"');
    }
    expect(outputs.at(-1)).toContain('"event_type":');
  },
  patienceMs,
);
