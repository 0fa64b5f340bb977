import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { SmallDisk } from '../src/small-disk.ts';

test('a disk is full until somebody has met it, and no other is', async ({ skip }) => {
  const folder = mkdtempSync(join(tmpdir(), 'hivesync-disk-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const disk = await SmallDisk.mount(join(folder, 'objects'));
  if (!disk) return skip('mounting is not permitted here');
  onTestFinished(() => disk.unmount());

  let met = false;
  const file = join(disk.folder, 'file');
  await writeFile(file, 'kept');
  await disk.fill(1_000, () => met);
  await expect(writeFile(join(disk.folder, 'other'), 'more')).rejects.toMatchObject({ code: 'ENOSPC' });
  await writeFile(join(folder, 'beside'), 'room');
  rmSync(file);
  await sleep(200);
  await expect(writeFile(file, 'again')).rejects.toMatchObject({ code: 'ENOSPC' });
  met = true;
  await disk.settled();
  await writeFile(file, 'kept');
  expect(await readFile(file, 'utf8')).toBe('kept');

  await disk.unmount();
  expect(existsSync(file)).toBe(false);
  expect(readdirSync(disk.folder)).toEqual([]);
});
