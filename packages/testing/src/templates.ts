import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ServiceName, serviceNames } from '@hivesync/contracts';
import {
  bootstrap,
  databaseUrl,
  identifier,
  migrateUp,
  ownerRole,
  roleUrl,
  type ServiceDatabase,
} from '@hivesync/database';
import { cloneDatabase } from './clone.ts';
import type { TestContext } from './context.ts';
import { withClient } from './sql.ts';

/** The passwords of all roles follow from it. It guards nothing but test data. */
const roleSecret = 'for-tests-only';
const services = join(import.meta.dirname, '../../../services');

async function loadDatabase(service: ServiceName): Promise<ServiceDatabase | null> {
  const path = join(services, service, 'src/database/data-source.ts');
  if (!existsSync(path)) return null;
  const module: { database: ServiceDatabase } = await import(/* @vite-ignore */ path);
  return module.database;
}

/** Brings one service up in the template; a failure is kept for the tests that use the service. */
async function migrateService(url: string, service: ServiceName): Promise<string | null> {
  try {
    const database = await loadDatabase(service);
    if (database) await migrateUp(database, roleUrl(url, ownerRole(service), roleSecret));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Makes the two templates that test databases are copied from: one bootstrapped, one migrated by
 * every service as well. Nobody can connect to them afterwards, because a template must be idle.
 */
export async function makeTemplates(adminUrl: string): Promise<TestContext> {
  const prefix = `hivesync_test_${randomBytes(4).toString('hex')}`;
  const [migrated, empty] = [`${prefix}_migrated`, `${prefix}_empty`];
  // All test files at once log in as the same roles.
  await bootstrap(adminUrl, { database: empty, roleSecret, connectionLimit: 1_000 });
  return withClient(adminUrl, async (client) => {
    await cloneDatabase(client, empty, migrated);
    const failures: TestContext['failures'] = {};
    const url = databaseUrl(adminUrl, migrated);
    const present = new Set(readdirSync(services));
    for (const service of serviceNames.filter((name) => present.has(name))) {
      const failure = await migrateService(url, service);
      if (failure !== null) failures[service] = failure;
    }
    for (const template of [migrated, empty]) {
      await client.query(`alter database ${identifier(template)} with allow_connections false`);
    }
    return { adminUrl, roleSecret, prefix, migrated, empty, failures };
  });
}

/** Removes every database of the run. */
export async function dropTemplates({ adminUrl, prefix }: TestContext): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      `select datname from pg_database where starts_with(datname, $1)`,
      [prefix],
    );
    for (const { datname } of rows) {
      await client.query(`drop database if exists ${identifier(datname)} with (force)`);
    }
  });
}
