import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { FileObjectStore, objectKey } from '../src/index.ts';
import { openFile, ReachedFolder } from '../src/reached-folder.ts';
import { newFolder } from './support/folders.ts';

const key = objectKey('previews/0197f000-0000-7000-8000-000000000000/home/layout.json');
const unavailable = { code: 'STORAGE_UNAVAILABLE' };

/** A folder of ours, one of somebody else with a file of the same path in it, and a link to that instead of `part`. */
function linkedAt(part: string) {
  const [ours, theirs] = [newFolder(), newFolder()];
  const secret = join(theirs, key);
  mkdirSync(dirname(secret), { recursive: true });
  writeFileSync(secret, 'secret');
  mkdirSync(join(ours, dirname(part)), { recursive: true });
  symlinkSync(join(theirs, part), join(ours, part));
  return { objects: new FileObjectStore(ours), ours, theirs, secret };
}

const parts = key.split('/').map((_, at, all) => all.slice(0, at + 1).join('/'));

test.each(parts)('a link at %s is not followed by a reader', async (part) => {
  const { objects, secret } = linkedAt(part);
  await expect(objects.open(key)).rejects.toMatchObject(unavailable);
  await expect(objects.sizeOf(key)).rejects.toMatchObject(unavailable);
  expect(readFileSync(secret, 'utf8')).toBe('secret');
});

test.each(parts)('a link at %s is not followed by a writer or a remover', async (part) => {
  const { objects, theirs, secret } = linkedAt(part);
  const before = readdirSync(theirs, { recursive: true });
  {
    await using received = await objects.receive(Readable.from([Buffer.from('ours')]), 4);
    // A link in the place of the file itself is replaced.
    if (part === key) await received.keep(key);
    else await expect(received.keep(key)).rejects.toMatchObject(unavailable);
  }
  if (part === key) await objects.delete(key);
  else await expect(objects.delete(key)).rejects.toMatchObject(unavailable);
  expect(readFileSync(secret, 'utf8')).toBe('secret');
  expect(readdirSync(theirs, { recursive: true })).toEqual(before);
});

test('what is being received does not leave the folder by a link either', async () => {
  const [ours, theirs] = [newFolder(), newFolder()];
  writeFileSync(join(theirs, 'old'), 'secret');
  symlinkSync(theirs, join(ours, '.partial'));
  const objects = new FileObjectStore(ours);
  const received = objects.receive(Readable.from([Buffer.from('ours')]), 4);
  await expect(received).rejects.toMatchObject(unavailable);
  await expect(objects.removeLeftovers(-60_000)).rejects.toMatchObject(unavailable);
  expect(readdirSync(theirs)).toEqual(['old']);
});

test('the folder as a whole may be behind a link', async () => {
  const [place, holder] = [newFolder(), newFolder()];
  symlinkSync(place, join(holder, 'objects'));
  const objects = new FileObjectStore(join(holder, 'objects'));
  await using received = await objects.receive(Readable.from([Buffer.from('ours')]), 4);
  await received.keep(key);
  const body = await objects.open(key);
  expect(body && (await buffer(body)).toString()).toBe('ours');
});

test.runIf(process.platform === 'linux')(
  'a link laid after a folder was reached changes nothing',
  async () => {
    const [ours, theirs] = [newFolder(), newFolder()];
    mkdirSync(join(ours, 'a'));
    writeFileSync(join(ours, 'a', 'file'), 'ours');
    mkdirSync(join(theirs, 'a'));
    writeFileSync(join(theirs, 'a', 'file'), 'secret');
    await using reached = await ReachedFolder.reach(ours, ['a']);
    renameSync(join(ours, 'a'), join(ours, 'b'));
    symlinkSync(join(theirs, 'a'), join(ours, 'a'));
    await using file = await openFile(reached.pathOf('file'));
    expect((await file.readFile()).toString()).toBe('ours');
  },
);
