import { join, relative } from 'node:path';
import { serviceNames } from '@hivesync/contracts';
import { databaseUrl, defaultDatabase } from '@hivesync/database';
import { clusterFolder, explain, startEmbedded } from '@hivesync/database/embedded';
import { type App, createLogger, type LogLevel, startService, stopService } from '@hivesync/http';
import { apps, type Environment } from './apps.ts';
import { claimDataFolder } from './claim-data-folder.ts';
import { prepareDatabases } from './databases.ts';
import { environmentOf, type Surroundings, urlsOf } from './environment.ts';
import { type AppName, assertPortsFree, host, type Ports } from './ports.ts';
import { QuietLog } from './quiet-log.ts';
import { loadSecrets } from './secrets.ts';

export interface PlatformOptions {
  ports: Ports;
  /** Where the embedded PostgreSQL and the secrets are kept between runs. */
  dataFolder: string;
  /** A server to use instead of the embedded one, under a login that may make roles. */
  serverUrl?: string | undefined;
  logLevel: LogLevel;
  /** Where log lines go; default: stdout, as JSON. */
  log?: { write(line: string): void };
  /** Further settings of the apps, as their `config.ts` name them; what this start decides goes before. */
  environment?: Record<string, string | undefined>;
  /** Told in one line what is being waited for. */
  say?: (line: string) => void;
  /** Breaks the start off, as soon as the step under way has ended. */
  signal?: AbortSignal;
}

/** Where mails become files, unless SMTP_URL is set. */
export const mailFolderIn = (dataFolder: string): string => join(dataFolder, 'mail');

export interface Platform {
  /** The gateway. */
  url: string;
  databaseUrl: string;
  roleSecret: string;
  server: string;
  /** Where mails are: a folder, or the server of SMTP_URL. */
  mail: string;
  /** Apps first, each finishing what it has begun, then PostgreSQL. A second call waits for the first. */
  stop(): Promise<void>;
}

/**
 * Starts the whole platform in this process: PostgreSQL, roles, migrations, six services and the gateway.
 * Where one part fails to start, or `signal` says so, what was started before it is stopped again.
 *
 * @throws AlreadyRunningError, PortInUseError before anything is started
 * @throws EmbeddedPostgresError, BootstrapRefusedError, MigrationFailedError in words for the person at the keyboard
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { ports, dataFolder, logLevel } = options;
  const url = `http://${host}:${ports.gateway}`;
  const log = new QuietLog(options.log ?? process.stdout);
  const proceed = () => options.signal?.throwIfAborted();
  await using running = new AsyncDisposableStack();
  try {
    const secrets = await explained(dataFolder, async () => {
      running.defer(await claimDataFolder(dataFolder));
      return loadSecrets(join(dataFolder, 'secrets.json'));
    });
    await assertPortsFree(ports);
    options.say?.(`Starting on ${dataFolder}; Ctrl-C stops it.`);
    proceed();
    const { adminUrl, server } = await findServer(options, running);
    proceed();
    const databaseUrl = await prepareDatabases(adminUrl, secrets.role_secret);
    proceed();
    const surroundings: Surroundings = {
      secrets,
      databaseUrl,
      serviceUrls: urlsOf(
        () => host,
        (service) => ports[service],
      ),
      objectsFolder: join(dataFolder, 'objects'),
      mailFolder: mailFolderIn(dataFolder),
      publicUrl: options.environment?.PUBLIC_URL || url,
      logLevel,
      drainSeconds: 0,
    };
    const start = startsApps(ports, surroundings, log, options.environment);
    const services: App[] = [];
    // At once, since they wait for each other's events.
    running.defer(async () => {
      await Promise.all(services.map(stopService));
    });
    // All are awaited before one's failure is told, so that whatever was begun is stopped.
    const outcomes = await Promise.allSettled(serviceNames.map((service) => start(service, services)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    proceed();
    const door: App[] = [];
    running.defer(async () => {
      await Promise.all(door.map(stopService));
    });
    await start('gateway', door);
    proceed();

    log.started();
    const kept = running.move();
    let stopped: Promise<void> | undefined;
    const stop = () => {
      log.stopping();
      stopped ??= kept.disposeAsync();
      return stopped;
    };
    return {
      url,
      databaseUrl,
      roleSecret: secrets.role_secret,
      server,
      mail: options.environment?.SMTP_URL ? 'by SMTP_URL' : belowHere(mailFolderIn(dataFolder)),
      stop,
    };
  } catch (error) {
    if (options.signal?.aborted) log.stopping();
    else log.failed();
    throw error;
  }
}

/** What a folder keeps us from, in the words that PostgreSQL's own folder has for it. */
async function explained<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explain(error, folder);
  }
}

async function findServer(
  { dataFolder, serverUrl, say = () => undefined }: PlatformOptions,
  running: AsyncDisposableStack,
): Promise<{ adminUrl: string; server: string }> {
  if (serverUrl && !URL.canParse(serverUrl)) {
    throw new Error('DATABASE_URL is not a URL like postgres://user:password@host:5432/hivesync');
  }
  if (serverUrl)
    return { adminUrl: serverUrl, server: `the server of DATABASE_URL (${new URL(serverUrl).host})` };
  const embedded = await startEmbedded({ dataDir: clusterFolder(dataFolder), log: say });
  running.defer(() => embedded.stop());
  return {
    adminUrl: databaseUrl(embedded.url, defaultDatabase),
    server: `PostgreSQL ${embedded.version} in ${belowHere(embedded.cluster)}, port ${embedded.port}`,
  };
}

/** A folder as seen from here, where it is below: a way there by `../..` would tell nobody where that is. */
function belowHere(folder: string): string {
  const below = relative(process.cwd(), folder);
  return below.startsWith('..') ? folder : below;
}

const startsApps =
  (ports: Ports, surroundings: Surroundings, log: QuietLog, settings: Environment = {}) =>
  async (name: AppName, running: App[]): Promise<void> => {
    const logger = createLogger({ service: name, level: surroundings.logLevel }, log);
    const decided = environmentOf(name, { host, port: ports[name] }, surroundings);
    const app = await apps[name]({ ...settings, ...decided }, logger);
    running.push(app);
    const { started } = await startService(app);
    await started;
  };
