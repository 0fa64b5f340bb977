import type { AggregateName } from '@hivesync/contracts';
import type { DataSource, EntityMetadata } from 'typeorm';
import type { HeldRow } from '../personal-data.ts';
import { identifier, literal, query } from '../query.ts';
import type { ServiceDatabase } from '../service-database.ts';
import { referenceDeclarations, referenceTables } from './declarations.ts';

const rowsOfAPage = 500;

/**
 * Every row that the deletion of `ids` removes or changes in this service: their reference rows, the rows whose
 * declared column is deleted or cleared with them, and below a deleted row whatever has a foreign key to it. Whole
 * rows as PostgreSQL writes them in JSON, so that `jsonb_populate_record` reads them again. What the platform's own
 * tables forget of a person is not among them.
 *
 * It reads pages by primary key and holds no transaction open. It remembers the keys of the rows that it gave out, so
 * ask for few ids at once.
 */
export async function* rowsDepartingWith(
  dataSource: DataSource,
  database: ServiceDatabase,
  aggregate: AggregateName,
  ids: readonly string[],
): AsyncGenerator<HeldRow> {
  const told: Told = { given: new Set(), goneBelow: new Set() };
  for (const { entity } of referenceTables(database).filter((one) => one.aggregate === aggregate)) {
    const start = { metadata: dataSource.getMetadata(entity), columns: ['id'], goes: false };
    yield* departing(
      dataSource,
      start,
      ids.map((id) => ({ id })),
      told,
    );
  }
  const declared = referenceDeclarations(database).filter(
    (one) => one.aggregate === aggregate && one.onDelete !== 'keep',
  );
  for (const { entity, column, onDelete } of declared) {
    const start = {
      metadata: dataSource.getMetadata(entity),
      columns: [column],
      goes: onDelete === 'cascade',
    };
    yield* departing(
      dataSource,
      start,
      ids.map((id) => ({ [column]: id })),
      told,
    );
  }
}

interface Link {
  metadata: EntityMetadata;
  /** Its columns that name what goes. */
  columns: string[];
  /** Whether its rows go too; else they are only changed, and what is below them stays. */
  goes: boolean;
}

/** Rows by table and key. One can be reached as one that is only changed, and later as one that goes. */
interface Told {
  given: Set<string>;
  goneBelow: Set<string>;
}

async function* departing(
  dataSource: DataSource,
  { metadata, columns, goes }: Link,
  named: object[],
  told: Told,
): AsyncGenerator<HeldRow> {
  for await (const page of pages(dataSource, metadata, columns, named)) {
    yield* firstTime(page, told.given);
    const going = goes ? firstTime(page, told.goneBelow) : [];
    if (going.length === 0) continue;
    for (const { link, parentColumns } of linksTo(dataSource, metadata)) {
      const parents = going.map(({ row }) =>
        Object.fromEntries(link.columns.map((column, at) => [column, row[parentColumns[at] ?? '']])),
      );
      yield* departing(dataSource, link, parents, told);
    }
  }
}

/** The foreign keys that lead to a table, and to which of its columns. */
function linksTo(dataSource: DataSource, parent: EntityMetadata): { link: Link; parentColumns: string[] }[] {
  return dataSource.entityMetadatas.flatMap((metadata) =>
    metadata.foreignKeys
      .filter(({ referencedEntityMetadata }) => referencedEntityMetadata === parent)
      .map(({ columnNames, referencedColumnNames, onDelete }) => ({
        link: { metadata, columns: columnNames, goes: onDelete !== 'SET NULL' },
        parentColumns: referencedColumnNames,
      })),
  );
}

interface KeyedRow extends HeldRow {
  row: Record<string, unknown>;
  key: Record<string, unknown>;
}

/** The rows of a table whose `columns` are one of the `named`, a page at a time in the order of their keys. */
async function* pages(
  dataSource: DataSource,
  { tableName: table, primaryColumns }: EntityMetadata,
  columns: readonly string[],
  named: readonly object[],
): AsyncGenerator<KeyedRow[]> {
  const keys = primaryColumns.map(({ databaseName }) => databaseName);
  const listOf = (alias: string, names: readonly string[]) =>
    names.map((name) => `${alias}.${identifier(name)}`).join(', ');
  const keyAsJson = keys.map((name) => `${literal(name)}, held.${identifier(name)}`).join(', ');
  for (let after: object | null = null; ; ) {
    const page: Omit<KeyedRow, 'table'>[] = await query(
      dataSource,
      `select to_jsonb(held) as row,
              jsonb_build_object(${keyAsJson}) as key
         from ${identifier(table)} as held
        where (${listOf('held', columns)}) in (
                select ${listOf('going', columns)}
                  from jsonb_populate_recordset(null::${identifier(table)}, $1::jsonb) as going
              )
          and ($2::jsonb is null or (${listOf('held', keys)}) > (
                select ${listOf('last', keys)}
                  from jsonb_populate_record(null::${identifier(table)}, $2::jsonb) as last
              ))
        order by ${listOf('held', keys)}
        limit ${rowsOfAPage}`,
      [JSON.stringify(named), after && JSON.stringify(after)],
    );
    if (page.length > 0) yield page.map((one) => ({ table, ...one }));
    if (page.length < rowsOfAPage) return;
    after = page.at(-1)?.key ?? null;
  }
}

/** Those of a page that are not in the set yet, which they then are. */
function firstTime(page: readonly KeyedRow[], seen: Set<string>): HeldRow[] {
  return page.flatMap(({ table, row, key }) => {
    const name = `${table} ${JSON.stringify(key)}`;
    if (seen.has(name)) return [];
    seen.add(name);
    return [{ table, row }];
  });
}
