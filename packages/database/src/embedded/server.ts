import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type Binaries, findBinaries } from './binaries.ts';
import { examine, initialize, resetPassword, startServer, stopServer, superuser } from './cluster.ts';
import { EmbeddedPostgresError, explain, hasCode } from './errors.ts';
import { withFreeLock, withLock } from './lock.ts';
import { findPlaces, handOverCopied, makeHome, type Places } from './places.ts';
import { readPostmaster, runsCluster } from './postmaster.ts';
import { countUsers, register, unregister } from './users.ts';

export interface EmbeddedOptions {
  /** Where everything of this server is kept; made if it isn't there. */
  dataDir: string;
  /** Demands this port. Without it the port of the last run is taken, or any free one. */
  port?: number;
  /** The superuser's password for a cluster that is yet to be made; default a random one, kept in `dataDir`. */
  password?: string;
  /** Told, in one line each, what a person should know. */
  log?: (line: string) => void;
  /**
   * False for tests: a crash of the machine may lose or break the data, and `stop()` by the last
   * user removes the folder. It holds for a folder that it made, never for one with durable data.
   */
  durable?: boolean;
}

export interface EmbeddedServer {
  /** Of the superuser `postgres`, to the database `postgres`. */
  url: string;
  port: number;
  /** e.g. `18.4` */
  version: string;
  /** True where the server was running already: another process's, or left over by one that crashed. */
  adopted: boolean;
  /** The cluster's folder (PGDATA). */
  cluster: string;
  /** Gives up this use of the server; the last user stops it. A second call does nothing. */
  stop(): Promise<void>;
}

const throwawayMark = 'throwaway';
const preferredPort = 54_329;

const urlOf = (port: number, password: string) =>
  `postgres://${superuser}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;

function readIfThere(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : null;
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  return promise;
}

function anyFreePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once('error', reject);
  server.listen({ port: 0, host: '127.0.0.1' }, () => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    server.close(() => resolve(port));
  });
  return promise;
}

async function choosePort(home: string, options: EmbeddedOptions): Promise<number> {
  if (options.port !== undefined) {
    if (await isFree(options.port)) return options.port;
    throw new EmbeddedPostgresError(
      `Port ${options.port} on 127.0.0.1 is in use by another program: free it, or choose another port for PostgreSQL.`,
    );
  }
  if (options.durable === false) return anyFreePort();
  const last = Number(readIfThere(join(home, 'port')) ?? preferredPort);
  return last > 0 && (await isFree(last)) ? last : anyFreePort();
}

/** Asks the server behind `port` for its version and cluster; null while it doesn't take connections. */
async function ask(port: number, password: string): Promise<{ version: string; cluster: string } | null> {
  const client = new pg.Client({ connectionString: urlOf(port, password), connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string; cluster: string }>(
      `select current_setting('server_version') as version, current_setting('data_directory') as cluster`,
    );
    return rows[0] ?? null;
  } catch (error) {
    if (hasCode(error, '28P01', '28000')) {
      throw new EmbeddedPostgresError(
        `The server on port ${port} refuses the password kept in the data folder: stop it, and remove the file ` +
          'named password there to have a new one made.',
        error,
      );
    }
    return null;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A server of this cluster that runs already, once it takes connections; null where there is none. */
async function findRunning(places: Places, password: string) {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const postmaster = readPostmaster(places.cluster);
    if (!postmaster || !runsCluster(postmaster.pid, places.cluster)) return null;
    if (postmaster.status === 'ready') {
      const answer = await ask(postmaster.port, password);
      if (answer) return { port: postmaster.port, version: answer.version };
    }
    if (Date.now() > deadline) {
      throw new EmbeddedPostgresError(
        `PostgreSQL runs (pid ${postmaster.pid}) on ${places.cluster} but takes no connections: see ${places.log}`,
      );
    }
    await delay(50);
  }
}

async function start(places: Places, binaries: Binaries, password: string, options: EmbeddedOptions) {
  for (let attempt = 1; ; attempt++) {
    const port = await choosePort(places.home, options);
    const outcome = await startServer(places, binaries, { port, durable: options.durable ?? true });
    const answer = outcome === 'started' ? await ask(port, password) : null;
    if (answer) {
      writeFileSync(join(places.home, 'port'), `${port}\n`);
      return { port, version: answer.version };
    }
    if (attempt === 5) {
      throw new EmbeddedPostgresError(`PostgreSQL could not get a port to listen on: see ${places.log}`);
    }
  }
}

/** The stored password; a lost one is replaced, for which a running server has to stop. */
async function settlePassword(
  places: Places,
  binaries: Binaries,
  given: string | undefined,
): Promise<string> {
  const path = join(places.home, 'password');
  const stored = readIfThere(path);
  if (stored) return stored;
  const password = given ?? randomBytes(24).toString('base64url');
  if (existsSync(places.cluster)) {
    await stopServer(places, binaries);
    await resetPassword(places, binaries, password.replaceAll("'", "''"));
  }
  writeFileSync(path, `${password}\n`, { mode: 0o600 });
  return password;
}

async function open(home: string, options: EmbeddedOptions, log: (line: string) => void) {
  const durable = options.durable ?? true;
  const places = await findPlaces(home, log);
  const binaries = await findBinaries(places.account);
  const isNew = !existsSync(places.cluster);
  if (isNew && !durable) writeFileSync(join(home, throwawayMark), '');
  if (!isNew) {
    examine(places.cluster, binaries);
    handOverCopied(places.cluster, places.account);
  }
  const password = await settlePassword(places, binaries, options.password);
  if (isNew) await initialize(places, binaries, { password, durable });

  const users = countUsers(home);
  let running = await findRunning(places, password);
  if (running && options.port !== undefined && options.port !== running.port) {
    if (users > 0) {
      throw new EmbeddedPostgresError(
        `PostgreSQL of ${home} is in use on port ${running.port}: it cannot be on port ${options.port} as well.`,
      );
    }
    await stopServer(places, binaries);
    running = null;
  }
  if (running && users === 0) {
    log(`PostgreSQL was still running on port ${running.port} after the last run ended early: using it`);
  }
  const adopted = running !== null;
  const server = running ?? (await start(places, binaries, password, options));
  return { ...server, adopted, places, binaries, password, registration: register(home) };
}

async function removeThrowaway({ home, cluster }: Places): Promise<void> {
  if (!existsSync(join(home, throwawayMark))) return;
  if (dirname(cluster) !== home) await rm(dirname(cluster), { recursive: true, force: true });
  await rm(home, { recursive: true, force: true });
}

async function close(home: string, places: Places, binaries: Binaries, registration: string): Promise<void> {
  unregister(registration);
  if (countUsers(home) > 0) return;
  await stopServer(places, binaries);
  await removeThrowaway(places);
}

/**
 * Starts PostgreSQL on `dataDir`, or joins the one that runs there. Any number of processes may do so
 * at once; the last one to stop it ends it. A server or a lock left by a killed process is taken over.
 *
 * @throws EmbeddedPostgresError in one line, saying what is wrong and what to do
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const log = options.log ?? (() => undefined);
  try {
    const home = makeHome(options.dataDir);
    const onWait = (pid: number) =>
      log(`waiting for process ${pid}, which is starting or stopping PostgreSQL`);
    const opened = await withLock(home, () => open(home, options, log), { onWait });
    const { port, version, adopted, places, binaries, password, registration } = opened;
    let stopped: Promise<void> | undefined;
    const stop = () => {
      stopped ??= withLock(home, () => close(home, places, binaries, registration), { onWait });
      return stopped;
    };
    return { url: urlOf(port, password), port, version, adopted, cluster: places.cluster, stop };
  } catch (error) {
    throw explain(error, options.dataDir);
  }
}

/**
 * Runs `work` with a server on `dataDir`, started for it unless one runs there, and leaves it again
 * whatever happens; also when SIGINT or SIGTERM ends the process.
 */
export async function withEmbedded<T>(
  options: EmbeddedOptions,
  work: (server: EmbeddedServer) => Promise<T>,
): Promise<T> {
  const server = await startEmbedded(options);
  const leave = (signal: NodeJS.Signals) => {
    void server.stop().finally(() => process.kill(process.pid, signal));
  };
  process.once('SIGINT', leave).once('SIGTERM', leave);
  try {
    return await work(server);
  } finally {
    process.off('SIGINT', leave).off('SIGTERM', leave);
    await server.stop();
  }
}

/**
 * Stops and removes the throwaway servers under `folder` whose name begins with `prefix` and whose
 * every user has died: what killed test runs left. Durable data is never touched.
 */
export async function removeLeftovers(folder: string, prefix: string): Promise<void> {
  for (const name of readdirSync(folder).filter((entry) => entry.startsWith(prefix))) {
    const home = join(folder, name);
    // The mark is written under the lock, so one that is just being made is not taken for left over.
    if (!existsSync(join(home, throwawayMark))) continue;
    await withFreeLock(home, async () => {
      if (countUsers(home) > 0) return;
      const places = await findPlaces(home, () => undefined);
      await stopServer(places, await findBinaries(places.account));
      await removeThrowaway(places);
    });
  }
}
