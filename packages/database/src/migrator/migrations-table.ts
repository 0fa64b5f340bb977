import type { DataSource, EntityManager } from 'typeorm';
import { identifier, query } from '../query.ts';
import { appRole, type ServiceDatabase } from '../service-database.ts';
import { comments } from '../sql/comments.ts';

export interface AppliedMigration {
  name: string;
  timestamp: number;
  breaking: boolean;
  appliedAt: Date;
}

const tableComments = comments(
  'migrations',
  'The migrations that this schema has been through. A service compares it with its own at start.',
  {
    id: 'In the order in which they were applied.',
    timestamp: 'Time in the name of the migration, in milliseconds; they run in its order.',
    name: 'Class of the migration.',
    breaking: 'Code that does not know this migration must not run on the schema any more.',
  },
);

/** Makes the table `migrations` of the current schema; the app role may only read it. */
export async function makeMigrationsTable(tx: EntityManager, database: ServiceDatabase): Promise<void> {
  if (await hasMigrationsTable(tx, database)) return;
  await query(
    tx,
    `create table migrations (
       id integer generated always as identity,
       "timestamp" bigint not null,
       name text not null,
       breaking boolean not null default false,
       created_at timestamptz not null default now(),
       constraint migrations_pkey primary key (id),
       constraint migrations_name_key unique (name)
     )`,
  );
  for (const comment of tableComments) await query(tx, comment);
  const app = appRole(database.service);
  const [role] = await query<{ exists: boolean }>(
    tx,
    'select exists (select from pg_roles where rolname = $1) as exists',
    [app],
  );
  if (role?.exists) {
    await query(tx, `revoke all on migrations from ${identifier(app)}`);
    await query(tx, `grant select on migrations to ${identifier(app)}`);
  }
}

/** What is applied, oldest first; nothing where the table is not there. */
export async function appliedMigrations(
  source: DataSource | EntityManager,
  database: ServiceDatabase,
): Promise<AppliedMigration[]> {
  if (!(await hasMigrationsTable(source, database))) return [];
  const rows = await query<{ name: string; timestamp: string; breaking: boolean; created_at: Date }>(
    source,
    `select name, "timestamp", breaking, created_at
       from ${identifier(database.service)}.migrations
      order by "timestamp", id`,
  );
  return rows.map((row) => ({
    name: row.name,
    timestamp: Number(row.timestamp),
    breaking: row.breaking,
    appliedAt: row.created_at,
  }));
}

// Not to_regclass: that raises where the reader may not use the schema, and a bare 42501 tells nobody anything.
export async function hasMigrationsTable(
  source: DataSource | EntityManager,
  database: ServiceDatabase,
): Promise<boolean> {
  const rows = await query<{ name: string }>(
    source,
    `select c.relname as name
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1
        and c.relname = 'migrations'`,
    [database.service],
  );
  return rows.length > 0;
}
