import type { ServiceName } from '@hivesync/contracts';
import { createDataSource, type DataSource, type ServiceDatabase } from '@hivesync/database';
import type { KeyResolver } from '@hivesync/http';
import { type Caller, caller, type InjectableApp } from './caller.ts';
import { atFileEnd } from './file-end.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';
import { type TestTokens, type TestUser, type TokenFlaws, testTokens } from './test-tokens.ts';

/** What the harness needs of an app; every Fastify app has it. */
export interface StartableApp extends InjectableApp {
  ready(): PromiseLike<unknown>;
  listen(options: { host: string; port: number }): Promise<string>;
  close(): PromiseLike<unknown>;
}

export interface ServiceParts<Config> {
  config: Config;
  dataSource: DataSource;
  keys: KeyResolver;
}

export interface StartServiceOptions<Config, App extends StartableApp> {
  /** Of the service's `database/data-source.ts`. */
  database: ServiceDatabase;
  /** Of its `config.ts`. */
  loadConfig: (environment: Record<string, string>) => Config;
  /** Of its `app.ts`. Wrap it to pass further dependencies. */
  buildApp: (parts: ServiceParts<Config>) => Promise<App>;
  /** Variables beside, or in place of, those that the harness sets. */
  environment?: Record<string, string>;
  /** Base URLs of other services, by name. Default: none can be reached. */
  serviceUrls?: Partial<Record<ServiceName, string>>;
  /** Default: a clone of its own. */
  on?: TestDatabase;
  /** A way to the database that can fail, e.g. `severableProxy().through`. */
  through?: (url: string) => string;
  /** Default: keys of its own. Give the same ones to services that call each other. */
  tokens?: TestTokens;
  /** Listens on a free port of 127.0.0.1, for tests that need real connections. */
  listen?: boolean;
}

export interface TestService<App, Config> {
  app: App;
  config: Config;
  database: TestDatabase;
  dataSource: DataSource;
  tokens: TestTokens;
  /** Where it listens; empty where it doesn't. */
  url: string;
  /** Sends requests as that person. */
  as(user: TestUser, flaws?: TokenFlaws): Caller;
  asService(from: ServiceName, flaws?: TokenFlaws): Caller;
  asStranger(): Caller;
  /** Closes app and pool; the end of the test file does so as well. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * Starts one service as `main.ts` would, on a database of its own, with keys of its own. All of it goes
 * when the test file ends.
 */
export async function startService<Config, App extends StartableApp>(
  options: StartServiceOptions<Config, App>,
): Promise<TestService<App, Config>> {
  const { service } = options.database;
  const database = options.on ?? (await testDatabase());
  const tokens = options.tokens ?? (await testTokens());
  const appUrl = database.appUrl(service);
  const url = options.through?.(appUrl) ?? appUrl;
  const config = options.loadConfig({
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    DRAIN_SECONDS: '0',
    SERVICE_URLS: JSON.stringify(options.serviceUrls ?? {}),
    DATABASE_URL: url,
    DATABASE_POOL_SIZE: '5',
    SERVICE_PRIVATE_KEY: tokens.privateKey(service),
    ...options.environment,
  });
  const dataSource = await createDataSource(options.database, url, { poolSize: 5 }).initialize();
  let closing: Promise<void> | undefined;
  let app: App | undefined;
  const close = () => {
    closing ??= (async () => {
      await app?.close();
      if (dataSource.isInitialized) await dataSource.destroy();
    })();
    return closing;
  };
  atFileEnd(close);
  app = await options.buildApp({ config, dataSource, keys: tokens.keys });
  const running = app;
  await running.ready();
  return {
    app: running,
    config,
    database,
    dataSource,
    tokens,
    url: options.listen ? await running.listen({ host: '127.0.0.1', port: 0 }) : '',
    as: (user, flaws) => caller(running, () => tokens.userToken(user, flaws)),
    asService: (from, flaws) => caller(running, () => tokens.serviceToken(from, service, flaws)),
    asStranger: () => caller(running, async () => null),
    close,
  };
}
