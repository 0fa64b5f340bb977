import { referenceDeclarations, referenceTables } from '../references/declarations.ts';
import { platformTableNames, type ServiceDatabase } from '../service-database.ts';
import type { CatalogSource } from './catalog.ts';
import { readTables, type TableInCatalog } from './snapshot.ts';

/**
 * Violations of the rules that every schema of the platform keeps, read from the catalogue; empty when it keeps
 * them. Each names table, column or constraint and says what is missing:
 *
 * 1. every foreign key has an index that leads with its columns
 * 2. ON DELETE CASCADE goes one step, not on from there
 * 3. no foreign key leaves the schema
 * 4. every table has a primary key
 * 5. every table has `created_at`, and `updated_at` with its trigger unless it is among `unchangingTables`
 * 6. every column that holds ids, which is one named `*_id`, `*_ids` or `*_by`, or of type `uuid` or `uuid[]` unless it is
 *    the row's own `id`, is a foreign key, a declared reference, or among `plainIds`
 * 7. a foreign key to a reference table is of one column, declared with `@References`, and guarded by its trigger
 *    unless it is among `unguardedReferences`
 * 8. a reference table has the trigger that keeps its tombstones, and what it keeps fresh is nullable, since a
 *    tombstone has none of it
 * 9. the declared policy can be carried out: what is cleared is nullable, and no foreign key of another table holds
 *    a row that goes, unless the reference is among `cascades`
 *
 * Tables of the platform (outbox and so on) are under 1 to 4 only.
 */
export async function schemaRules(source: CatalogSource, database: ServiceDatabase): Promise<string[]> {
  const tables = await readTables(source, database.service);
  const own = tables.filter(({ name }) => !platformTableNames.has(name));
  return [
    ...tables.flatMap((table) => [
      ...unindexedKeys(table),
      ...foreignSchemas(table, database.service),
      ...(table.constraints.some(({ kind }) => kind === 'p') ? [] : [`${table.name}: has no primary key`]),
    ]),
    ...cascadeChains(tables),
    ...own.flatMap((table) => [
      ...timestamps(table, database.unchangingTables ?? {}),
      ...undeclaredIds(table, database),
    ]),
    ...unguardedReferences(own, database),
    ...looseTombstones(own, database),
    ...impossiblePolicies(own, database),
    ...staleExceptions(own, database),
  ];
}

const foreignKeys = (table: TableInCatalog) => table.constraints.filter(({ kind }) => kind === 'f');

function unindexedKeys(table: TableInCatalog): string[] {
  return foreignKeys(table)
    .filter(({ columns }) => {
      return !table.indexes.some(
        ({ columns: indexed, predicate }) =>
          columns.every((column) => indexed.slice(0, columns.length).includes(column)) &&
          (predicate === null || columns.some((column) => predicate === `(${column} IS NOT NULL)`)),
      );
    })
    .map(
      ({ name, columns }) =>
        `${table.name}: foreign key ${name} has no index that leads with (${columns.join(', ')})`,
    );
}

function foreignSchemas(table: TableInCatalog, schema: string): string[] {
  return foreignKeys(table)
    .filter(({ references }) => references?.schema !== schema)
    .map(
      ({ name, references }) =>
        `${table.name}: foreign key ${name} leaves the schema for ${references?.schema}`,
    );
}

function cascadeChains(tables: TableInCatalog[]): string[] {
  const cascades = tables.flatMap((table) =>
    foreignKeys(table)
      .filter(({ onDelete }) => onDelete === 'CASCADE')
      .map(({ name, references }) => ({ name, child: table.name, parent: references?.table })),
  );
  return cascades.flatMap((first) =>
    cascades
      .filter((second) => second.parent === first.child)
      .map(
        (second) =>
          `${first.child}: deletes cascade through ${first.name} and on through ${second.name} of ${second.child}`,
      ),
  );
}

function timestamps(table: TableInCatalog, unchanging: Readonly<Record<string, string>>): string[] {
  const columns = new Set(table.columns.map(({ name }) => name));
  const touched = table.triggers.some((trigger) => trigger.function === 'set_updated_at');
  const found: string[] = [];
  if (!columns.has('created_at')) found.push(`${table.name}: has no created_at`);
  if (columns.has('updated_at')) {
    if (!touched) found.push(`${table.name}: has updated_at but no trigger that moves it`);
  } else if (!(table.name in unchanging)) {
    found.push(`${table.name}: has no updated_at and is not among unchangingTables`);
  }
  return found;
}

function undeclaredIds(table: TableInCatalog, database: ServiceDatabase): string[] {
  const declared = new Set(
    referenceDeclarations(database)
      .filter((declaration) => declaration.table === table.name)
      .map(({ column }) => column),
  );
  const keyed = new Set(foreignKeys(table).flatMap(({ columns }) => columns));
  return table.columns
    .filter(({ name, type }) => /_(ids?|by)$/.test(name) || (/^uuid(\[\])?$/.test(type) && name !== 'id'))
    .filter(({ name }) => !keyed.has(name) && !declared.has(name))
    .filter(({ name }) => !(`${table.name}.${name}` in (database.plainIds ?? {})))
    .map(
      ({ name }) => `${table.name}.${name}: is no foreign key, no declared reference, and not among plainIds`,
    );
}

function unguardedReferences(tables: TableInCatalog[], database: ServiceDatabase): string[] {
  const refTables = new Set(referenceTables(database).map(({ table }) => table));
  const declarations = referenceDeclarations(database);
  const allKeys = tables.flatMap((table) =>
    foreignKeys(table)
      .filter(({ references }) => refTables.has(references?.table ?? ''))
      .map(({ name, columns, references }) => ({
        table,
        name,
        columns,
        column: columns[0] ?? '',
        refTable: references?.table ?? '',
      })),
  );
  const keys = allKeys.filter(({ columns }) => columns.length === 1);
  const isKey = ({ table, column, refTable }: { table: string; column: string; refTable: string }) =>
    keys.some((key) => key.table.name === table && key.column === column && key.refTable === refTable);
  return [
    ...allKeys
      .filter(({ columns }) => columns.length > 1)
      .map(
        ({ table, name, columns, refTable }) =>
          `${table.name}: foreign key ${name} refers to ${refTable} by (${columns.join(', ')}): a reference is one column`,
      ),
    ...keys
      .filter(
        ({ table, column }) => !declarations.some((one) => one.table === table.name && one.column === column),
      )
      .map(
        ({ table, column, refTable }) => `${table.name}.${column}: refers to ${refTable} without @References`,
      ),
    ...declarations
      .filter((declaration) => !isKey(declaration))
      .map(
        ({ table, column, refTable }) =>
          `${table}.${column}: is declared a reference but has no foreign key to ${refTable}`,
      ),
    ...keys
      .filter(
        ({ table, column, refTable }) =>
          !(`${table.name}.${column}` in (database.unguardedReferences ?? {})) &&
          !table.triggers.some(
            (trigger) =>
              trigger.function === 'require_live_reference' &&
              trigger.definition.includes(`('${column}', '${refTable}'`),
          ),
      )
      .map(
        ({ table, column }) => `${table.name}.${column}: lacks the trigger that requires a live reference`,
      ),
  ];
}

function looseTombstones(tables: TableInCatalog[], database: ServiceDatabase): string[] {
  return referenceTables(database).flatMap(({ table, keepsFresh }) => {
    const found = tables.find(({ name }) => name === table);
    const fresh = new Set(Object.values(keepsFresh));
    const kept = found?.triggers.some(
      (trigger) =>
        trigger.function === 'keep_tombstones' &&
        trigger.definition.startsWith('BEFORE DELETE OR UPDATE ON '),
    );
    return [
      ...(found && !kept ? [`${table}: lacks the trigger that keeps its tombstones`] : []),
      ...(found?.columns ?? [])
        .filter(({ name, nullable }) => fresh.has(name) && !nullable)
        .map(({ name }) => `${table}.${name}: is kept fresh but cannot be null in a tombstone`),
    ];
  });
}

/** Deletions that would fail here each time they are tried. */
function impossiblePolicies(tables: TableInCatalog[], database: ServiceDatabase): string[] {
  return referenceDeclarations(database).flatMap(({ table, column, onDelete }) => {
    const name = `${table}.${column}`;
    const found = tables.find((one) => one.name === table)?.columns.find((one) => one.name === column);
    if (onDelete === 'set null' && found?.nullable === false) {
      return [`${name}: is declared set null but cannot be null`];
    }
    if (onDelete !== 'cascade' || name in (database.cascades ?? {})) return [];
    return tables.flatMap((other) =>
      foreignKeys(other)
        .filter(({ references, onDelete: action }) => {
          return references?.table === table && (action === 'NO ACTION' || action === 'RESTRICT');
        })
        .map(
          (key) =>
            `${name}: is declared cascade, but ${key.name} of ${other.name} would hold the row: say in cascades how both go`,
        ),
    );
  });
}

/** An exception that excuses nothing any more would one day excuse a mistake. */
function staleExceptions(tables: TableInCatalog[], database: ServiceDatabase): string[] {
  const columns = new Set(
    tables.flatMap((table) => table.columns.map(({ name }) => `${table.name}.${name}`)),
  );
  const names = new Set(tables.map(({ name }) => name));
  const declared = new Set(referenceDeclarations(database).map(({ table, column }) => `${table}.${column}`));
  return [
    ...Object.keys(database.plainIds ?? {})
      .filter((name) => !columns.has(name))
      .map((name) => `plainIds names ${name}, which is no column`),
    ...Object.keys(database.unguardedReferences ?? {})
      .filter((name) => !columns.has(name))
      .map((name) => `unguardedReferences names ${name}, which is no column`),
    ...Object.keys(database.cascades ?? {})
      .filter((name) => !declared.has(name))
      .map((name) => `cascades names ${name}, which is no declared reference`),
    ...Object.keys(database.unchangingTables ?? {})
      .filter((name) => !names.has(name))
      .map((name) => `unchangingTables names ${name}, which is no table`),
  ];
}
