import { database as audit } from '@hivesync/audit/database';
import { database as billing } from '@hivesync/billing/database';
import type { ServiceName } from '@hivesync/contracts';
import { bootstrap, migrateUp, ownerRole, type ServiceDatabase } from '@hivesync/database';
import { database as identity } from '@hivesync/identity/database';
import { database as previews } from '@hivesync/previews/database';
import { database as projects } from '@hivesync/projects/database';
import { database as workers } from '@hivesync/workers/database';
import { oneLine } from './one-line.ts';

export const databases = { identity, projects, previews, billing, workers, audit } satisfies Record<
  ServiceName,
  ServiceDatabase
>;

/**
 * Brings a server to where the services can start: roles with their passwords, schemas, every migration.
 * Changes nothing where all is there.
 * @returns the URL of the platform's database for the same login
 */
export async function prepareDatabases(adminUrl: string, roleSecret: string): Promise<string> {
  const databaseUrl = await reached(adminUrl, () => bootstrap(adminUrl, { roleSecret }));
  await Promise.all(
    Object.values(databases).map((database) =>
      migrateUp(database, databaseUrl, { as: ownerRole(database.service) }),
    ),
  );
  return databaseUrl;
}

/** Names the server in the message of a connection that failed, but not the login. */
async function reached<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isConnectionError(cause)) throw cause;
    throw new Error(`PostgreSQL at ${new URL(url).host} cannot be reached: ${oneLine(cause)}`, { cause });
  }
}

const isConnectionError = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error
    ? true
    : error instanceof AggregateError && error.errors.some(isConnectionError);
