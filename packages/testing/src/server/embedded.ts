import { randomBytes } from 'node:crypto';
import { accessSync, constants, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeLeftovers, startEmbedded } from '@hivesync/database/embedded';
import type { TestServer } from './test-server.ts';

const prefix = 'hivesync-test-postgres-';
const memory = '/dev/shm';
const neededBytes = 2 * 1024 ** 3;

/** In memory where there is room (Linux): a database is 300 files, and a disk takes ten times as long for them. */
function folder(): string {
  try {
    accessSync(memory, constants.W_OK);
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize >= neededBytes ? memory : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** A server in a throwaway folder; what a killed run left there before is cleared away first. */
export async function embeddedServer(kind: string): Promise<TestServer> {
  const parent = folder();
  for (const place of new Set([parent, tmpdir()])) await removeLeftovers(place, prefix);
  const dataDir = join(parent, `${prefix}${randomBytes(4).toString('hex')}`);
  const server = await startEmbedded({ dataDir, durable: false });
  return { adminUrl: server.url, kind, outlivesRun: false, stop: () => server.stop() };
}
