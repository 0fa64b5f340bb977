import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type ObjectKey, SignedUrls } from '@hivesync/objects';
import type { Ledger } from '../ledger.ts';
import type { Platform } from '../platform.ts';
import { type Finding, found } from './finding.ts';

interface Named {
  key: string;
  size: number;
  /** False: a row of an upload, whose file may not have come. */
  attached: boolean;
}

/** Where the store keeps what it has not received to the end. */
const partialFolder = '.partial';

/** Every file that was acknowledged is there with its bytes, what was removed is gone, and no half is served. */
export async function checkObjects(platform: Platform, ledger: Ledger): Promise<Finding[]> {
  const { postgres, objectsFolder } = platform;
  const named = await postgres.query<Named>(
    `select r2_key as key, size_bytes::integer as size, true as attached
     from projects.task_attachments
     where r2_key is not null
     union all
     select object_key, size_bytes::integer, false
     from projects.object_uploads`,
  );
  const stored = await filesOf(objectsFolder);
  const whole = stored.filter((path) => !path.startsWith(partialFolder));
  const sizes = new Map(
    await Promise.all(
      whole.map(
        async (path): Promise<[string, number]> => [path, (await stat(join(objectsFolder, path))).size],
      ),
    ),
  );
  const names = new Set(named.map(({ key }) => key));
  return [
    ...found('lost', 'attached file', await lostFiles(objectsFolder, ledger, named)),
    ...found(
      'dangling',
      'projects.task_attachments.r2_key',
      named.filter(({ key, attached }) => attached && !sizes.has(key)).map(({ key }) => key),
    ),
    ...found(
      'dangling',
      'file that is not whole',
      named.filter(({ key, size }) => (sizes.get(key) ?? size) !== size).map(({ key }) => key),
    ),
    ...found(
      'dangling',
      'file that no row names',
      whole.filter((path) => !names.has(path)),
    ),
    ...found('dangling', 'half a file that is served', await servedHalves(platform, stored)),
  ];
}

async function lostFiles(folder: string, ledger: Ledger, named: readonly Named[]): Promise<string[]> {
  const rows = new Set(named.flatMap(({ key, attached }) => (attached ? [key] : [])));
  const lost = ledger.attachments.map(async ({ task, key, sha256, state }): Promise<string[]> => {
    if (key === null) return [];
    const bytes = await readFile(join(folder, key)).catch(() => null);
    if (state === 'out' || task.deleted === 'answered') {
      const left = [rows.has(key) && 'its row', bytes && 'its file'].filter(Boolean);
      return left.length === 0
        ? []
        : [`${key}: its removal was acknowledged, and ${left.join(' and ')} is there`];
    }
    if (state === 'unknown' || task.deleted === 'unknown') return [];
    if (!rows.has(key)) return [`${key}: acknowledged, and no row names it`];
    if (!bytes) return [`${key}: acknowledged, and not there`];
    const is = createHash('sha256').update(bytes).digest('hex');
    return is === sha256 ? [] : [`${key}: other bytes than were acknowledged`];
  });
  return (await Promise.all(lost)).flat();
}

/** Asks for what is not received to the end, with a URL that is signed as if it were a file. */
async function servedHalves(
  { services, objectsSigningSecret }: Platform,
  stored: readonly string[],
): Promise<string[]> {
  const urls = new SignedUrls(objectsSigningSecret);
  const served: string[] = [];
  for (const path of stored.filter((one) => one.startsWith(partialFolder))) {
    const name = path.slice(partialFolder.length + 1);
    for (const key of [path, `attachments/${name}`]) {
      const signed = urls.sign({ method: 'GET', key: key as ObjectKey, fileName: name });
      const answer = await fetch(services.projects.url + signed.path);
      await answer.arrayBuffer();
      if (answer.ok) served.push(key);
    }
  }
  return served;
}

/** Paths below the folder, as keys name them. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
