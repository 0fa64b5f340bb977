import type { DataSource, EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import { identifier, query } from '../query.ts';
import { referenceTables } from '../references/declarations.ts';
import { type PartitionPolicy, platformTableNames, type ServiceDatabase } from '../service-database.ts';
import { type ColumnInCatalog, readTables, type TableInCatalog } from './snapshot.ts';

/**
 * Where entities and schema differ, in both directions; empty when they agree. Compared are tables, columns (type,
 * nullability, whether there is a default), primary keys, foreign keys with their action, unique constraints and
 * indexes by name and columns, checks by name, and the partition policies. Of an index that an entity declares
 * with `synchronize: false` (one over expressions, say) only the name counts. Tables of the platform have no
 * entities and are left out.
 * @param dataSource connected, made by `createDataSource`
 */
export async function schemaDrift(dataSource: DataSource, database: ServiceDatabase): Promise<string[]> {
  const tables = (await readTables(dataSource, database.service)).filter(
    ({ name }) => !platformTableNames.has(name),
  );
  const checksOfReferences = new Map(
    referenceTables(database).map(({ table }) => [
      table,
      [`${table}_state_check`, `${table}_deleted_at_check`],
    ]),
  );
  const entities = new Map(dataSource.entityMetadatas.map((metadata) => [metadata.tableName, metadata]));
  return [
    ...difference(
      'table',
      [...entities.keys()],
      tables.map(({ name }) => name),
    ),
    ...tables.flatMap((table) => {
      const entity = entities.get(table.name);
      if (!entity) return [];
      return [
        ...columnDrift(dataSource, entity, table),
        ...keyDrift(entity, table, checksOfReferences.get(table.name) ?? []),
        ...indexDrift(entity, table),
      ].map((line) => `${table.name}: ${line}`);
    }),
    ...policyDrift(database, tables, await policies(dataSource, database)),
  ];
}

/** What one side lacks. */
function difference(kind: string, inEntities: readonly string[], inSchema: readonly string[]): string[] {
  const declared = new Set(inEntities);
  const present = new Set(inSchema);
  return [
    ...[...declared]
      .filter((name) => !present.has(name))
      .map((name) => `${kind} ${name} is declared by an entity but not in the schema`),
    ...[...present]
      .filter((name) => !declared.has(name))
      .map((name) => `${kind} ${name} is in the schema but declared by no entity`),
  ];
}

/** Where both sides have the name: what differs behind it. */
function contradiction(what: string, declared: unknown, present: unknown): string[] {
  const [entity, schema] = [declared, present].map((value) =>
    Array.isArray(value) ? `(${value.join(', ')})` : String(value),
  );
  return entity === schema ? [] : [`${what}: the entity says ${entity}, the schema ${schema}`];
}

function columnDrift(dataSource: DataSource, entity: EntityMetadata, table: TableInCatalog): string[] {
  return [
    ...difference(
      'column',
      entity.columns.map(({ databaseName }) => databaseName),
      table.columns.map(({ name }) => name),
    ),
    ...entity.columns.flatMap((column) => {
      const present = table.columns.find(({ name }) => name === column.databaseName);
      if (!present) return [];
      const name = `column ${column.databaseName}`;
      return [
        ...contradiction(`${name} type`, typeOf(dataSource, column), typeInCatalog(present)),
        ...contradiction(`${name} nullable`, column.isNullable, present.nullable),
        ...contradiction(`${name} has a default`, hasDefault(column), present.default !== null),
        ...contradiction(`${name} labels`, column.enum ?? null, present.labels),
      ];
    }),
  ];
}

function typeOf(dataSource: DataSource, column: ColumnMetadata): string {
  const normal = dataSource.driver.normalizeType(column);
  const base =
    normal === 'enum'
      ? (column.enumName ?? `${column.entityMetadata.tableName}_${column.databaseName}_enum`)
      : normal;
  const size =
    column.length ||
    [column.precision, column.scale].filter((part) => part !== null && part !== undefined).join(',');
  return `${base}${size ? `(${size})` : ''}${column.isArray ? '[]' : ''}`;
}

/** `timestamp(3) with time zone` as `timestamp with time zone(3)`: the order in which TypeORM's parts come. */
function typeInCatalog({ type }: ColumnInCatalog): string {
  return type.replace(/^(timestamp|time)(\(\d\)) (.*)$/, '$1 $3$2').replaceAll('"', '');
}

const hasDefault = (column: ColumnMetadata): boolean =>
  (column.default !== undefined && column.default !== null) ||
  column.isGenerated ||
  Boolean(column.asExpression);

function keyDrift(entity: EntityMetadata, table: TableInCatalog, moreChecks: string[]): string[] {
  const present = (kind: string) => table.constraints.filter((constraint) => constraint.kind === kind);
  const names = (rows: { name: string }[]) => rows.map(({ name }) => name);
  const primaryKey = present('p')[0];
  return [
    ...contradiction(
      'primary key',
      entity.primaryColumns.map(({ databaseName }) => databaseName).sort(),
      [...(primaryKey?.columns ?? [])].sort(),
    ),
    ...difference('foreign key', names(entity.foreignKeys), names(present('f'))),
    ...entity.foreignKeys.flatMap((declared) => {
      const found = present('f').find(({ name }) => name === declared.name);
      if (!found) return [];
      const name = `foreign key ${declared.name}`;
      return [
        ...contradiction(`${name} columns`, declared.columnNames, found.columns),
        ...contradiction(
          `${name} table`,
          declared.referencedEntityMetadata.tableName,
          found.references?.table,
        ),
        ...contradiction(
          `${name} referenced columns`,
          declared.referencedColumnNames,
          found.references?.columns,
        ),
        ...contradiction(`${name} on delete`, declared.onDelete ?? 'NO ACTION', found.onDelete),
      ];
    }),
    ...difference('check', [...names(entity.checks), ...moreChecks], names(present('c'))),
    ...difference('exclusion', names(entity.exclusions), names(present('x'))),
  ];
}

/** Unique constraints count as unique indexes: PostgreSQL makes one of the same name for each. */
function indexDrift(entity: EntityMetadata, table: TableInCatalog): string[] {
  const primaryKeys = new Set(
    table.constraints.filter(({ kind }) => kind === 'p' || kind === 'x').map(({ name }) => name),
  );
  const present = table.indexes.filter(({ name }) => !primaryKeys.has(name));
  const declared = [
    ...entity.uniques.map(({ name, columns }) => ({
      name,
      columns,
      isUnique: true,
      where: undefined,
      synchronize: true,
    })),
    ...entity.indices,
  ];
  return [
    ...difference(
      'index',
      declared.map(({ name }) => name),
      present.map(({ name }) => name),
    ),
    ...declared.flatMap(({ name, columns, isUnique, where, synchronize }) => {
      const found = present.find((index) => index.name === name);
      if (!found || !synchronize) return [];
      return [
        ...contradiction(
          `index ${name} columns`,
          columns.map(({ databaseName }) => databaseName),
          found.columns,
        ),
        ...contradiction(`index ${name} is unique`, isUnique, found.unique),
        ...contradiction(`index ${name} is partial`, where !== undefined, found.predicate !== null),
      ];
    }),
  ];
}

async function policies(dataSource: DataSource, database: ServiceDatabase): Promise<PartitionPolicy[]> {
  const table = `${database.service}.partition_policies`;
  const [found] = await query<{ exists: boolean }>(
    dataSource,
    'select to_regclass($1) is not null as exists',
    [table],
  );
  if (!found?.exists) return [];
  const rows = await query<{
    table: string;
    step: PartitionPolicy['step'];
    ahead: number;
    keepDays: number | null;
  }>(
    dataSource,
    `select table_name as "table", step, ahead, keep_days as "keepDays"
       from ${identifier(database.service)}.partition_policies
      order by table_name`,
  );
  return rows.map(({ keepDays, ...policy }) => (keepDays === null ? policy : { ...policy, keepDays }));
}

function policyDrift(
  database: ServiceDatabase,
  tables: TableInCatalog[],
  present: PartitionPolicy[],
): string[] {
  const text = ({ table, step, ahead, keepDays }: PartitionPolicy) =>
    `${table} by ${step}, ${ahead} ahead, kept ${keepDays === undefined ? 'for ever' : `${keepDays} days`}`;
  const declared = database.partitions ?? [];
  const covered = new Set(declared.map(({ table }) => table));
  return [
    ...difference('partition policy', declared.map(text), present.map(text)),
    ...tables
      .filter(({ name, partitionKey }) => partitionKey !== null && !covered.has(name))
      .map(({ name }) => `${name}: is partitioned but has no partition policy`),
  ];
}
