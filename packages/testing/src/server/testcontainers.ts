import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { TestServer } from './test-server.ts';

const pullLimitMs = 60_000;
const image = () => process.env.TEST_POSTGRES_IMAGE ?? 'postgres:18';

/** Losing data costs nothing here, and waiting for the disk costs the most. */
const settings = [
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_connections=400',
];

function mayHaveEngine(): boolean {
  if (process.env.DOCKER_HOST || process.platform === 'win32') return true;
  const sockets = ['/var/run/docker.sock', join(homedir(), '.docker/run/docker.sock')];
  if (process.env.XDG_RUNTIME_DIR) sockets.push(join(process.env.XDG_RUNTIME_DIR, 'docker.sock'));
  return (
    sockets.some((path) => existsSync(path)) || existsSync(join(homedir(), '.testcontainers.properties'))
  );
}

async function within<T>(milliseconds: number, what: string, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`${what} took over ${milliseconds / 1000} s`)),
    milliseconds,
  );
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a Docker engine answers within 5 s. Where none can be, the library isn't even loaded. */
export async function dockerAnswers(): Promise<boolean> {
  if (!mayHaveEngine()) return false;
  try {
    const { getContainerRuntimeClient } = await import('testcontainers');
    await within(5_000, 'the Docker engine', getContainerRuntimeClient());
    return true;
  } catch {
    return false;
  }
}

async function ensureImage(): Promise<void> {
  const { getContainerRuntimeClient, ImageName } = await import('testcontainers');
  const client = await getContainerRuntimeClient();
  const name = ImageName.fromString(image());
  if (await client.image.exists(name)) return;
  await within(pullLimitMs, `pulling ${image()}`, client.image.pull(name));
}

async function start(): Promise<TestServer> {
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const container = await new PostgreSqlContainer(image())
    .withUsername('postgres')
    .withPassword('postgres')
    .withDatabase('postgres')
    // The order of the embedded server: by code point. Images' own default is en_US.
    .withEnvironment({ POSTGRES_INITDB_ARGS: '--encoding=UTF8 --locale=C.UTF-8', PGDATA: '/memory/data' })
    .withTmpFs({ '/memory': 'rw' })
    .withCommand(['postgres', ...settings.flatMap((setting) => ['-c', setting])])
    .start();
  return {
    adminUrl: container.getConnectionUri(),
    kind: `container of ${image()}`,
    outlivesRun: false,
    stop: async () => {
      await container.stop({ removeVolumes: true });
    },
  };
}

/**
 * Starts a container. Ryuk, which clears containers away after a killed run, is an image of its own. Where it
 * can't be had the container starts without it: this run stops its container itself, unless it is killed.
 */
export async function startContainer(): Promise<TestServer> {
  await ensureImage();
  if (process.env.TESTCONTAINERS_RYUK_DISABLED) return start();
  try {
    return await start();
  } catch {
    // The engine's error doesn't say which image it was about; if it was not Ryuk's, it comes again.
    process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
    return start();
  }
}
