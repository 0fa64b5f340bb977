export type { DataSource, EntityManager, MigrationInterface, QueryRunner } from 'typeorm';
export * from './bootstrap/bootstrap.ts';
export { bootstrapFiles, rolesSql, schemasSql } from './bootstrap/bootstrap-sql.ts';
export { databaseUrl, rolePassword, roleUrl } from './bootstrap/role-password.ts';
export * from './connection-pool.ts';
export * from './data-class.ts';
export * from './data-source.ts';
export * from './due-work.ts';
export { tableNameOf } from './entity-names.ts';
export * from './failures.ts';
export * from './ids.ts';
export { type AppliedMigration, appliedMigrations } from './migrator/migrations-table.ts';
export {
  type MigrateOptions,
  MigrationFailedError,
  type MigrationReport,
  migrateDown,
  migrateUp,
} from './migrator/migrator.ts';
export * from './migrator/schema-current.ts';
export * from './partitions.ts';
export * from './personal-data.ts';
export { identifier, literal, query } from './query.ts';
export * from './references/correct.ts';
export * from './references/declarations.ts';
export * from './references/delete.ts';
export * from './references/departing.ts';
export * from './references/inspect.ts';
export * from './references/meet.ts';
export * from './references/reference-row.ts';
export * from './references/sweep.ts';
export * from './references/sweep-backlog.ts';
export type { CatalogSource } from './schema/catalog.ts';
export * from './schema/drift.ts';
export * from './schema/report.ts';
export * from './schema/rules.ts';
export { type ColumnInCatalog, readTables, type TableInCatalog } from './schema/snapshot.ts';
export * from './schema/verify.ts';
export * from './service-database.ts';
export * from './service-login.ts';
export { sql } from './sql/index.ts';
export * from './transaction.ts';
export * from './unfit-database.ts';
