import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { PostgresNaming } from './naming-strategy.ts';
import type { ServiceDatabase } from './service-database.ts';

export interface DataSourceOptions {
  /** Connections at most; 10 when absent. */
  poolSize?: number;
  /** Shown in `pg_stat_activity`; `hivesync/<service>` when absent. */
  applicationName?: string;
}

/**
 * A connection whose end never ends the process. Between the moment at which the pool hands it over and the one at
 * which its borrower listens, nobody hears its errors, and an error that nobody hears is thrown. A server that shuts
 * down just then says so in that moment. The next query on it fails, and that is heard.
 */
class HeardClient extends pg.Client {
  constructor(options: pg.ClientConfig) {
    super(options);
    this.on('error', () => undefined);
  }
}

/**
 * What a DBA may have set on the server, the database or the role, and would change what dates and times read as. These
 * are the settings that pgbouncer keeps for each client, so they hold there too.
 */
const sessionSettings = `set datestyle = 'ISO, MDY'; set timezone = 'UTC'`;

/** For the `extra` of a data source: how its connections begin. */
export const connections = {
  Client: HeardClient,
  onConnect: async (client: pg.ClientBase): Promise<void> => {
    await client.query(sessionSettings);
  },
};

/**
 * The pool of one service. It is not connected yet (`initialize()` or `connectDataSource`), and afterwards mends
 * itself: a broken connection is thrown away and the next query opens a new one, waiting 5 s at most.
 *
 * It sets next to nothing on a session, because behind pgbouncer in transaction mode a session is not ours: the
 * timeouts and the search path belong to the role (see bootstrap).
 */
export function createDataSource(
  database: ServiceDatabase,
  url: string,
  options: DataSourceOptions = {},
): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    schema: database.service,
    applicationName: options.applicationName ?? `hivesync/${database.service}`,
    entities: database.entities,
    namingStrategy: new PostgresNaming(),
    poolSize: options.poolSize ?? 10,
    connectTimeoutMS: 5_000,
    // Who wants to hear of it asks `onConnectionLost`; unheard it would end the process.
    poolErrorHandler: () => undefined,
    installExtensions: false,
    synchronize: false,
    logging: false,
    extra: { ...connections, keepAlive: true, idleTimeoutMillis: 30_000 },
  });
}

/**
 * Connects a data source, waiting for a database that is not there yet: tries again after 0.25 s, doubling to 5 s.
 * Answers when connected; rejects with the signal's reason when aborted.
 */
export async function connectDataSource(
  dataSource: DataSource,
  options: { signal?: AbortSignal; onFailure?: (error: unknown) => void } = {},
): Promise<DataSource> {
  for (let pause = 250; !dataSource.isInitialized; pause = Math.min(pause * 2, 5_000)) {
    try {
      await dataSource.initialize();
    } catch (error) {
      options.onFailure?.(error);
      await sleep(pause, undefined, options.signal ? { signal: options.signal } : {});
    }
  }
  return dataSource;
}
