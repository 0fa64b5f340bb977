import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeLeftovers, startEmbedded } from '@hivesync/database/embedded';
import type { TestServer } from './test-server.ts';

const prefix = 'hivesync-test-postgres-';

/** A server in a throwaway folder; what a killed run left there before is cleared away first. */
export async function embeddedServer(kind: string): Promise<TestServer> {
  await removeLeftovers(tmpdir(), prefix);
  const dataDir = join(tmpdir(), `${prefix}${randomBytes(4).toString('hex')}`);
  const server = await startEmbedded({ dataDir, durable: false });
  return { adminUrl: server.url, kind, outlivesRun: false, stop: () => server.stop() };
}
