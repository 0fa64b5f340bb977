import type { DataSource, EntityManager } from 'typeorm';
import { createDataSource } from '../data-source.ts';
import { sqlState } from '../failures.ts';
import { query } from '../query.ts';
import { orderedMigrations, type ServiceDatabase } from '../service-database.ts';
import { UnfitDatabaseError } from '../unfit-database.ts';
import { type AppliedMigration, appliedMigrations, hasMigrationsTable } from './migrations-table.ts';
import { become } from './migrator.ts';

export interface MigrationStatus {
  name: string;
  state: 'applied' | 'pending' | 'unknown';
  breaking: boolean;
  appliedAt: Date | null;
}

/** The schema lacks migrations that this code needs. */
export class SchemaBehindError extends UnfitDatabaseError {
  override readonly name = 'SchemaBehindError';
  /** What brings the schema up. */
  readonly command: string;
  readonly pending: readonly string[];
  constructor(service: string, pending: readonly string[]) {
    const command = `npx turbo run migrate --filter=@hivesync/${service}`;
    super(`schema ${service} is behind: ${pending.join(', ')} not applied. Run: ${command}`);
    this.command = command;
    this.pending = pending;
  }
}

/** The schema has a breaking migration that this code does not know. */
export class SchemaAheadError extends UnfitDatabaseError {
  override readonly name = 'SchemaAheadError';
  constructor(service: string, breaking: readonly string[]) {
    super(
      `schema ${service} is ahead of this code, and not compatible with it: ${breaking.join(', ')}. Start a newer release of ${service}`,
    );
  }
}

/** Every migration that the code knows or the schema has, in order. */
export async function statusOf(
  source: DataSource | EntityManager,
  database: ServiceDatabase,
): Promise<MigrationStatus[]> {
  return statusWith(database, await appliedMigrations(source, database));
}

/** `statusOf` where it is known what the schema has. */
export function statusWith(
  database: ServiceDatabase,
  migrations: readonly AppliedMigration[],
): MigrationStatus[] {
  const applied = new Map(migrations.map((one) => [one.name, one]));
  const known = orderedMigrations(database);
  const names = new Set(known.map(({ migration }) => migration.name));
  return [
    ...known.map(({ migration, timestamp }) => ({
      timestamp,
      name: migration.name,
      state: applied.has(migration.name) ? ('applied' as const) : ('pending' as const),
      breaking: migration.breaking ?? false,
      appliedAt: applied.get(migration.name)?.appliedAt ?? null,
    })),
    ...[...applied.values()]
      .filter(({ name }) => !names.has(name))
      .map((one) => ({ ...one, state: 'unknown' as const })),
  ]
    .sort((a, b) => a.timestamp - b.timestamp)
    .map(({ name, state, breaking, appliedAt }) => ({ name, state, breaking, appliedAt }));
}

/**
 * `statusOf` by URL, for a command: read-only, and everything is pending where the database or the schema is not there.
 * `as` is the role to become, where the login itself may not read the schema.
 */
export async function migrationStatus(
  database: ServiceDatabase,
  url: string,
  options: { as?: string } = {},
): Promise<MigrationStatus[]> {
  const dataSource = createDataSource({ ...database, entities: [] }, url, { poolSize: 1 });
  try {
    await dataSource.initialize();
  } catch (error) {
    if (sqlState(error) === noSuchDatabase) return statusWith(database, []);
    throw error;
  }
  try {
    return await dataSource.transaction(async (tx) => {
      await query(tx, 'set transaction read only');
      if (!(await hasMigrationsTable(tx, database))) return statusWith(database, []);
      if (options.as) await become(tx, options.as);
      return statusOf(tx, database);
    });
  } finally {
    await dataSource.destroy();
  }
}

const noSuchDatabase = '3D000';

/**
 * Refuses a schema that this code cannot run on. A schema that is ahead by compatible migrations passes.
 * @throws SchemaBehindError, SchemaAheadError
 */
export async function assertSchemaCurrent(dataSource: DataSource, database: ServiceDatabase): Promise<void> {
  const status = await statusOf(dataSource, database);
  const pending = status.filter(({ state }) => state === 'pending').map(({ name }) => name);
  if (pending.length > 0) throw new SchemaBehindError(database.service, pending);
  const breaking = status
    .filter(({ state, breaking }) => state === 'unknown' && breaking)
    .map(({ name }) => name);
  if (breaking.length > 0) throw new SchemaAheadError(database.service, breaking);
}
