import { randomBytes } from 'node:crypto';
import type { ServiceName } from '@hivesync/contracts';
import {
  appRole,
  createDataSource,
  type DataSource,
  databaseUrl,
  identifier,
  migrateUp,
  ownerRole,
  roleUrl,
  type ServiceDatabase,
} from '@hivesync/database';
import { inject } from 'vitest';
import { cloneDatabase } from './clone.ts';
import type { TestContext } from './context.ts';
import { atFileEnd } from './file-end.ts';
import { withClient } from './sql.ts';

/** A database of one's own on the run's server. It goes when its test file ends, unless dropped before. */
export interface TestDatabase {
  name: string;
  /** The secret that the passwords of the roles follow from. */
  roleSecret: string;
  /** As the superuser. */
  adminUrl: string;
  /** As `<service>_owner`, who owns its schema and tables. */
  ownerUrl(service: ServiceName): string;
  /** As `<service>_app`, who may do what the service does at run time. */
  appUrl(service: ServiceName): string;
  /** A connected pool, closed at the end of the file; as the app role unless told. */
  dataSource(
    database: ServiceDatabase,
    options?: { as?: 'app' | 'owner' | 'admin'; poolSize?: number },
  ): Promise<DataSource>;
  /** One statement as the superuser. */
  query<Row extends object = Record<string, unknown>>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  /** Cuts whoever is connected. A second call does nothing. */
  drop(): Promise<void>;
}

function handle(context: TestContext, name: string, failures: TestContext['failures']): TestDatabase {
  const adminUrl = databaseUrl(context.adminUrl, name);
  const asRole = (service: ServiceName, role: string) => {
    const failure = failures[service];
    if (failure !== undefined) throw new Error(`migrations of ${service} failed: ${failure}`);
    return roleUrl(adminUrl, role, context.roleSecret);
  };
  const ownerUrl = (service: ServiceName) => asRole(service, ownerRole(service));
  const appUrl = (service: ServiceName) => asRole(service, appRole(service));
  return {
    name,
    roleSecret: context.roleSecret,
    adminUrl,
    ownerUrl,
    appUrl,
    async dataSource(database, { as = 'app', poolSize = 4 } = {}) {
      const { service } = database;
      const url = { app: appUrl, owner: ownerUrl, admin: () => adminUrl }[as](service);
      const dataSource = await createDataSource(database, url, { poolSize }).initialize();
      atFileEnd(async () => {
        if (dataSource.isInitialized) await dataSource.destroy();
      });
      return dataSource;
    },
    query: (sql, parameters) =>
      withClient(adminUrl, async (client) => (await client.query(sql, parameters)).rows),
    drop: () =>
      withClient(context.adminUrl, async (client) => {
        await client.query(`drop database if exists ${identifier(name)} with (force)`);
      }),
  };
}

async function make(template: string, failures: TestContext['failures']): Promise<TestDatabase> {
  const context = inject('hivesync');
  const name = `${context.prefix}_${randomBytes(6).toString('hex')}`;
  await withClient(context.adminUrl, (client) => cloneDatabase(client, template, name));
  const database = handle(context, name, failures);
  atFileEnd(() => database.drop());
  return database;
}

/**
 * A migrated database: by every service, or by `database` alone where a test brings its own.
 * Call it at the top of a file or in `beforeAll`; about 50 ms.
 */
export async function testDatabase(database?: ServiceDatabase): Promise<TestDatabase> {
  if (!database) {
    const { migrated, failures } = inject('hivesync');
    return make(migrated, failures);
  }
  const fresh = await emptyDatabase();
  await migrateUp(database, fresh.ownerUrl(database.service));
  return fresh;
}

/** A bootstrapped database: roles, schemas, grants and extension, but no table. */
export function emptyDatabase(): Promise<TestDatabase> {
  return make(inject('hivesync').empty, {});
}

/** A database as `create database` makes it. The roles are there: they belong to the server. */
export function bareDatabase(): Promise<TestDatabase> {
  return make('template1', {});
}
