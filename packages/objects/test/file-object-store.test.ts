import { randomBytes } from 'node:crypto';
import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { smallDisk } from '@hivesync/testing';
import { expect, test } from 'vitest';
import { FileObjectStore, isObjectKey, objectKey } from '../src/index.ts';
import { filesIn, newFolder } from './support/folders.ts';

const key = objectKey('attachments/0197f000-0000-7000-8000-000000000000');

async function store(objects: FileObjectStore, content: Buffer, as = key): Promise<void> {
  await using received = await objects.receive(Readable.from([content]), content.length);
  await received.keep(as);
}
async function contentOf(objects: FileObjectStore, of = key): Promise<Buffer | null> {
  const body = await objects.open(of);
  return body && (await buffer(body));
}

test('an object is what was received, under its key, for nobody else of the machine', async () => {
  const folder = newFolder();
  const objects = new FileObjectStore(folder);
  const content = randomBytes(300_000);
  expect([await objects.sizeOf(key), await objects.open(key)]).toEqual([null, null]);
  await store(objects, content);
  expect((await contentOf(objects))?.equals(content)).toBe(true);
  expect(await objects.sizeOf(key)).toBe(300_000);
  expect(filesIn(folder)).toEqual([key]);
  expect(statSync(join(folder, key)).mode & 0o077).toBe(0);
  await objects.delete(key);
  await objects.delete(key);
  expect(await contentOf(objects)).toBeNull();
});

test('what is received and not kept goes', async () => {
  const folder = newFolder();
  const objects = new FileObjectStore(folder);
  {
    await using _received = await objects.receive(Readable.from([Buffer.from('four')]), 4);
    expect(filesIn(folder)).toHaveLength(1);
  }
  expect(filesIn(folder)).toEqual([]);
});

test.each([
  ['too many', 3, 'BODY_TOO_LARGE'],
  ['too few', 5, 'UNPROCESSABLE'],
])('%s bytes leave nothing, and the body is left to its owner', async (_what, size, code) => {
  const folder = newFolder();
  const body = Readable.from([Buffer.from('four')]);
  await expect(new FileObjectStore(folder).receive(body, size)).rejects.toMatchObject({ code });
  expect(filesIn(folder)).toEqual([]);
  expect(body.errored).toBeNull();
});

test('a body that breaks off leaves nothing', async () => {
  const folder = newFolder();
  const body = Readable.from(
    (async function* () {
      yield Buffer.from('some');
      throw new Error('the client has left');
    })(),
  );
  await expect(new FileObjectStore(folder).receive(body, 1_000)).rejects.toMatchObject({
    code: 'UNPROCESSABLE',
    cause: new Error('the client has left'),
  });
  expect(filesIn(folder)).toEqual([]);
});

test('leftovers go when they are old enough', async () => {
  const folder = newFolder();
  const objects = new FileObjectStore(folder);
  expect(await objects.removeLeftovers(0)).toBe(0);
  await store(objects, Buffer.from('kept'));
  for (const [name, minutes] of [
    ['old', 61],
    ['young', 59],
  ] as const) {
    const path = join(folder, '.partial', name);
    writeFileSync(path, 'half');
    const at = new Date(Date.now() - minutes * 60_000);
    utimesSync(path, at, at);
  }
  expect(await objects.removeLeftovers(3_600_000)).toBe(1);
  expect(filesIn(folder)).toEqual(['.partial/young', key]);
});

test.each([
  '',
  'name',
  '/etc/passwd',
  '../secrets.json',
  'attachments/../secrets.json',
  'attachments/./x',
  'attachments//x',
  'attachments/.partial',
  '.partial/x',
  'attachments/x.',
  'attachments/x.tar.gz/y',
  'attachments\\x/y',
  'attachments/x\0',
  'attachments/x\n',
  'attachments/ü',
  `attachments/${'x'.repeat(65)}`,
])('%j is no key', (text) => {
  expect(isObjectKey(text)).toBe(false);
  expect(() => objectKey(text)).toThrow(TypeError);
});

test('keys of the platform are', () => {
  for (const text of [key, 'previews/0197f000-0000/home/layout.json', 'ai-docs/0197f000.json']) {
    expect(isObjectKey(text)).toBe(true);
  }
});

test('a full disk is told, loses nothing and leaves nothing half written', async (context) => {
  using disk = smallDisk(1_024);
  if ('reason' in disk) return context.skip(disk.reason);
  const objects = new FileObjectStore(disk.folder);
  const first = randomBytes(600_000);
  await store(objects, first);
  const second = objectKey('attachments/second');
  await expect(store(objects, randomBytes(600_000), second)).rejects.toMatchObject({
    code: 'STORAGE_FULL',
    status: 507,
    headers: { 'retry-after': '60' },
  });
  expect(filesIn(disk.folder)).toEqual([key]);
  expect((await contentOf(objects))?.equals(first)).toBe(true);

  await objects.delete(key);
  await store(objects, randomBytes(600_000), second);
  expect(filesIn(disk.folder)).toEqual([second]);
});
