import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { connections } from '../data-source.ts';
import { sqlState } from '../failures.ts';
import { identifier, query } from '../query.ts';
import { type Migration, orderedMigrations, type ServiceDatabase } from '../service-database.ts';
import { appliedMigrations, makeMigrationsTable } from './migrations-table.ts';

export interface MigrateOptions {
  /** Role to become for the migrations; absent: the login itself, which must then be the owner. */
  as?: string;
  /** Hears of each migration when it is done, and for whom it waits. */
  onProgress?: (line: string) => void;
  /** Seconds to wait for another migrator of the same service; default 600. */
  waitSeconds?: number;
}

export interface MigrationReport {
  service: string;
  /** What this run did, in its order. Empty where another migrator was faster or nothing was due. */
  done: string[];
  /** The last one that is applied now. */
  current: string | null;
}

/** One migration failed and was rolled back; those before it stay. The message says which one and why. */
export class MigrationFailedError extends Error {
  override readonly name = 'MigrationFailedError';
  readonly migration: string;
  constructor(service: string, migration: string, direction: 'up' | 'down', cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const state = sqlState(cause);
    const hint = state === '55P03' ? '; another session holds a lock on it: run the command again' : '';
    super(
      `${service}: migration ${migration} failed (${direction}): ${reason}${state ? ` (SQLSTATE ${state})` : ''}${hint}`,
      { cause },
    );
    this.migration = migration;
  }
}

/** Another migrator of the service was at work for longer than one waits. */
export class MigratorBusyError extends Error {
  override readonly name = 'MigratorBusyError';
  constructor(service: string, seconds: number, who: string) {
    super(
      `${service}: another migrator is at work since before this one began to wait, ${seconds} s ago: ${who}. Wait for it, or end it (select pg_terminate_backend(pid)), and run the command again`,
    );
  }
}

type Step = (
  tx: EntityManager,
  runner: QueryRunner,
) => Promise<{ name: string; milliseconds: number } | null>;

/**
 * Applies what is not applied, oldest first, up to and with the migration named by `to`. Each migration runs in a
 * transaction of its own, which begins with a lock that only the owner may take: of several migrators one works and the
 * others wait, and then find its work done. Waiting for a lock on any other table ends after 5 s.
 * @throws MigrationFailedError, MigratorBusyError, or Error where `to` names none.
 */
export async function migrateUp(
  database: ServiceDatabase,
  url: string,
  options: MigrateOptions & { to?: string } = {},
): Promise<MigrationReport> {
  const known = orderedMigrations(database);
  const last = options.to
    ? known.findIndex(({ migration }) => named(migration, options.to))
    : known.length - 1;
  if (options.to && last < 0) throw new Error(`${database.service} has no migration ${options.to}`);
  return migrate(database, url, options, async (tx, runner) => {
    const applied = new Set((await appliedMigrations(tx, database)).map(({ name }) => name));
    const due = known.slice(0, last + 1).find(({ migration }) => !applied.has(migration.name));
    if (!due) return null;
    const { migration, timestamp } = due;
    const milliseconds = await run(database, migration, 'up', runner);
    await query(tx, 'insert into migrations ("timestamp", name, breaking) values ($1, $2, $3)', [
      timestamp,
      migration.name,
      migration.breaking ?? false,
    ]);
    return { name: migration.name, milliseconds };
  });
}

/**
 * Reverts the last applied migration, or all after the one named by `to` (`'0'`: all).
 * @throws MigrationFailedError, or Error where the last applied one is not known to this code.
 */
export async function migrateDown(
  database: ServiceDatabase,
  url: string,
  options: MigrateOptions & { to?: string } = {},
): Promise<MigrationReport> {
  const known = new Map(orderedMigrations(database).map(({ migration }) => [migration.name, migration]));
  const to = [...known.values()].find((migration) => named(migration, options.to));
  if (options.to && options.to !== '0' && !to)
    throw new Error(`${database.service} has no migration ${options.to}`);
  let reverted = 0;
  return migrate(database, url, options, async (tx, runner) => {
    const latest = (await appliedMigrations(tx, database)).at(-1);
    if (!latest || latest.name === to?.name || (!options.to && reverted > 0)) return null;
    const migration = known.get(latest.name);
    if (!migration)
      throw new Error(
        `${database.service}: ${latest.name} is applied but unknown to this code, so it cannot revert it`,
      );
    const milliseconds = await run(database, migration, 'down', runner);
    await query(tx, 'delete from migrations where name = $1', [latest.name]);
    reverted += 1;
    return { name: latest.name, milliseconds };
  });
}

const named = (migration: Migration, name: string | undefined): boolean =>
  name !== undefined && (migration.name === name || migration.name.replace(/\d{13}$/, '') === name);

async function migrate(
  database: ServiceDatabase,
  url: string,
  options: MigrateOptions,
  step: Step,
): Promise<MigrationReport> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    schema: database.service,
    applicationName: `hivesync/migrate/${database.service}`,
    poolSize: 1,
    connectTimeoutMS: 10_000,
    installExtensions: false,
    poolErrorHandler: () => undefined,
    extra: connections,
  });
  await dataSource.initialize();
  const done: string[] = [];
  try {
    await prepareMigrations(dataSource, database, options.as);
    for (;;) {
      const result = await inTurn(dataSource, database, options, step);
      if (!result) break;
      done.push(result.name);
      options.onProgress?.(`${result.name} (${result.milliseconds} ms)`);
    }
    const current = (await appliedMigrations(dataSource, database)).at(-1)?.name ?? null;
    return { service: database.service, done, current };
  } finally {
    await dataSource.destroy();
  }
}

/** Makes the table `migrations` where it is not there; of several that do so at once one is first. */
async function prepareMigrations(dataSource: DataSource, database: ServiceDatabase, as: string | undefined) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await dataSource.transaction(async (tx) => {
        await prepare(tx, database.service, as);
        await makeMigrationsTable(tx, database);
      });
      return;
    } catch (error) {
      if (!['42P07', '42710', '23505'].includes(sqlState(error) ?? '') || attempt >= 10) throw error;
    }
  }
}

/** How long one try waits for the lock, before it is said for whom. */
const patienceMs = 3_000;

/**
 * One step, in a transaction that holds the table `migrations` against other migrators. A table and not an advisory
 * lock: its key would be anybody's to hold, and the app role, which may only read this table, cannot.
 */
async function inTurn(
  dataSource: DataSource,
  database: ServiceDatabase,
  { as, onProgress, waitSeconds = 600 }: MigrateOptions,
  step: Step,
): Promise<Awaited<ReturnType<Step>>> {
  const begun = performance.now();
  for (let said = false; ; ) {
    let locked = false;
    try {
      return await dataSource.transaction(async (tx) => {
        if (!tx.queryRunner) throw new Error('a transaction has a query runner');
        await prepare(tx, database.service, as);
        await query(tx, `set local lock_timeout = ${Math.max(1, Math.min(patienceMs, waitSeconds * 1_000))}`);
        await query(tx, 'lock table migrations in exclusive mode');
        locked = true;
        await query(tx, `set local lock_timeout = '5s'`);
        return step(tx, tx.queryRunner);
      });
    } catch (error) {
      if (locked || sqlState(error) !== '55P03') throw error;
    }
    const who = await otherMigrators(dataSource, database);
    const waited = Math.round((performance.now() - begun) / 1_000);
    if (waited >= waitSeconds) throw new MigratorBusyError(database.service, waited, who);
    if (!said) onProgress?.(`waiting for another migrator: ${who}`);
    said = true;
  }
}

/** Who holds the table `migrations`, e.g. `pid 4711 (hivesync/migrate/billing, since 12:00:01)`. */
async function otherMigrators(dataSource: DataSource, { service }: ServiceDatabase): Promise<string> {
  const rows = await query<{ pid: number; name: string | null; since: string | null }>(
    dataSource,
    `select lock.pid,
            activity.application_name as name,
            to_char(activity.xact_start, 'HH24:MI:SS') as since
       from pg_locks as lock
       join pg_class as locked on locked.oid = lock.relation
       join pg_namespace as schema on schema.oid = locked.relnamespace
       left join pg_stat_activity as activity on activity.pid = lock.pid
      where schema.nspname = $1
        and locked.relname = 'migrations'
        and lock.granted
        and lock.mode <> 'AccessShareLock'`,
    [service],
  );
  if (rows.length === 0) return 'one that has just ended';
  return rows.map(({ pid, name, since }) => `pid ${pid} (${name || '?'}, since ${since ?? '?'})`).join(', ');
}

/** Everything is `set local`: it ends with the transaction, also behind pgbouncer. */
async function prepare(tx: EntityManager, schema: string, as: string | undefined): Promise<void> {
  await query(tx, `set local statement_timeout = 0`);
  await query(tx, `set local idle_in_transaction_session_timeout = 0`);
  await query(tx, `set local lock_timeout = '5s'`);
  if (as) await become(tx, as);
  await query(tx, `set local search_path = ${identifier(schema)}, public`);
}

/** @throws Error which says what to grant, where the login may not. */
export async function become(tx: EntityManager, role: string): Promise<void> {
  try {
    await query(tx, `set local role ${identifier(role)}`);
  } catch (error) {
    if (sqlState(error) !== '42501') throw error;
    throw new Error(
      `this login may not become ${role}: log in as ${role}, or have a DBA grant ${role} to it`,
      {
        cause: error,
      },
    );
  }
}

async function run(
  database: ServiceDatabase,
  migration: Migration,
  direction: 'up' | 'down',
  runner: QueryRunner,
): Promise<number> {
  const begun = performance.now();
  try {
    await migration[direction](runner);
  } catch (error) {
    throw new MigrationFailedError(database.service, migration.name, direction, error);
  }
  return Math.round(performance.now() - begun);
}
