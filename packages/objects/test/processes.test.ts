/** What a process that stores objects meets from outside: a limit, and its end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FileObjectStore, objectKey } from '../src/index.ts';
import { filesIn, newFolder } from './support/folders.ts';

const key = 'attachments/one';
const script = join(import.meta.dirname, 'support/receive.ts');
function receive(folder: string, bytes: number, limit = 'unlimited') {
  const child = spawn(
    'bash',
    [
      '-c',
      // A write beyond the limit shall fail, not kill.
      'trap "" XFSZ; ulimit -f "$1"; shift; exec "$@"',
      'bash',
      limit,
      process.execPath,
      '--conditions=source',
      script,
      folder,
      key,
      String(bytes),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  // Neither child reads to the end: what is still on its way to it is refused.
  child.stdin.on('error', () => undefined);
  return child;
}

test('a limit of the process is no room either', async () => {
  const folder = newFolder();
  const child = receive(folder, 600_000, '100'); // KiB
  child.stdin.end(Buffer.alloc(600_000));
  expect(await text(child.stdout)).toBe('STORAGE_FULL\n');
  expect(filesIn(folder)).toEqual([]);
});

test('kill -9 in the midst leaves no object, and what it leaves goes', async () => {
  const folder = newFolder();
  const child = receive(folder, 600_000);
  child.stdin.write(Buffer.alloc(300_000));
  while (filesIn(folder).length === 0) await sleep(20);
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;

  const objects = new FileObjectStore(folder);
  expect(await objects.sizeOf(objectKey(key))).toBeNull();
  expect(filesIn(folder)).toEqual([expect.stringMatching(/^\.partial\//)]);
  expect(await objects.removeLeftovers(3_600_000)).toBe(0);
  await sleep(5);
  expect(await objects.removeLeftovers(0)).toBe(1);
  expect(filesIn(folder)).toEqual([]);
});
