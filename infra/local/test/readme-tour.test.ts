/** The tour of the README, block by block as it stands there, against the platform as `npm start` starts it. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { patienceMs, type RunningPlatform, run, runningPlatform } from './running-platform.ts';

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

let platform: RunningPlatform;
beforeAll(async () => {
  platform = await runningPlatform();
}, patienceMs);
afterAll(() => platform.stop());

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
  const shell = spawn(
    'bash',
    ['--norc', '-c', script.replace('127.0.0.1:8080', `127.0.0.1:${platform.port}`)],
    {
      cwd: platform.folder,
      env: platform.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
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
