import type { DataSource } from 'typeorm';
import { dataClasses } from './data-class.ts';
import { tableNameOf } from './entity-names.ts';
import { identifier, literal, query } from './query.ts';
import { type ReferenceExport, referenceDeclarations, referenceTables } from './references/declarations.ts';
import type { EntityClass, ServiceDatabase } from './service-database.ts';

/** A row that a service holds on a user. */
export interface HeldRow {
  table: string;
  row: Record<string, unknown>;
}

const rowsOfAPage = 500;
/** Each look for keys sorts all that remain of a person's rows, so it takes more of them than a page of rows may be. */
const keysOfALook = 20_000;
/** Of no use to the person, and of use to a thief. */
const neverLeaves = new Set(['secret-hash', 'encrypted']);

/**
 * Everything that a service holds on a user, table by table: rows whose declared reference is to them, and the
 * reference itself; in the service that owns users the user, and what has a foreign key to it. Hashes of secrets and
 * ciphertext are left out. Of a row that only columns which export a `reference` reach, no more is given than its key,
 * those columns and when it was written: the rest may be others' words. It looks for primary keys, and then reads
 * pages of rows by them, so memory is bounded and no transaction stays open.
 */
export async function* rowsHeldOn(
  dataSource: DataSource,
  database: ServiceDatabase,
  userId: string,
): AsyncGenerator<HeldRow> {
  for (const { entity, columns, whole } of holders(dataSource, database)) {
    const table = tableNameOf(entity);
    const { primaryColumns, createDateColumn, updateDateColumn } = dataSource.getMetadata(entity);
    const keyNames = primaryColumns.map(({ databaseName }) => databaseName);
    const keyOf = (alias: string) => keyNames.map((name) => `${alias}.${identifier(name)}`).join(', ');
    const keyAsJson = keyNames.map((name) => `${literal(name)}, held.${identifier(name)}`).join(', ');
    const names = (some: string[]) => some.map((column) => `held.${identifier(column)} = $1`).join(' or ');
    const theirs = names(columns);
    const times = [createDateColumn, updateDateColumn].flatMap((column) => column?.databaseName ?? []);
    const always = [...keyNames, ...times].map((name) => `${literal(name)}, held.${identifier(name)}`);
    const namingThem = columns.map(
      (column) => `${literal(column)}, case when held.${identifier(column)} = $1 then $1::uuid end`,
    );
    const secrets = [...dataClasses(entity)]
      .filter(([, dataClass]) => neverLeaves.has(dataClass))
      .map(([column]) => column);
    for (let after: object | null = null; ; ) {
      const found: { key: object }[] = await query(
        dataSource,
        `select jsonb_build_object(${keyAsJson}) as key
           from ${identifier(table)} as held
          where (${theirs})
            and ($2::jsonb is null or (${keyOf('held')}) > (
              select ${keyOf('last')}
              from jsonb_populate_record(null::${identifier(table)}, $2::jsonb) as last
            ))
          order by ${keyOf('held')}
          limit ${keysOfALook}`,
        [userId, after && JSON.stringify(after)],
      );
      for (let at = 0; at < found.length; at += rowsOfAPage) {
        const keys = found.slice(at, at + rowsOfAPage).map(({ key }) => key);
        const page = await query<{ row: Record<string, unknown> }>(
          dataSource,
          `select case
                    when ${names(whole) || 'false'} then to_jsonb(held) - $2::text[]
                    else jsonb_build_object(${always.join(', ')})
                      || jsonb_strip_nulls(jsonb_build_object(${namingThem.join(', ')}))
                  end as row
             from jsonb_populate_recordset(null::${identifier(table)}, $3::jsonb) as wanted
             join ${identifier(table)} as held on (${keyOf('held')}) = (${keyOf('wanted')})
            where (${theirs})
            order by ${keyOf('held')}`,
          [userId, secrets, JSON.stringify(keys)],
        );
        for (const { row } of page) yield { table, row };
      }
      after = found.at(-1)?.key ?? null;
      if (found.length < keysOfALook) break;
    }
  }
}

function holders(
  dataSource: DataSource,
  database: ServiceDatabase,
): { entity: EntityClass; columns: string[]; whole: string[] }[] {
  const held = new Map<EntityClass, Map<string, ReferenceExport>>();
  const hold = (entity: EntityClass, column: string, exports: ReferenceExport = 'row') =>
    held.set(entity, (held.get(entity) ?? new Map()).set(column, exports));
  for (const { entity, aggregate } of referenceTables(database)) {
    if (aggregate === 'identity.user') hold(entity, 'id');
  }
  for (const { entity, column, aggregate, exports } of referenceDeclarations(database)) {
    if (aggregate === 'identity.user') hold(entity, column, exports);
  }
  const users = database.owns?.['identity.user'];
  if (users) {
    for (const { databaseName } of dataSource.getMetadata(users).primaryColumns) hold(users, databaseName);
    for (const entity of database.entities) {
      for (const { referencedEntityMetadata, columns } of dataSource.getMetadata(entity).foreignKeys) {
        const [column] = columns;
        if (referencedEntityMetadata.target === users && column) hold(entity, column.databaseName);
      }
    }
  }
  return [...held].map(([entity, columns]) => ({
    entity,
    columns: [...columns.keys()],
    whole: [...columns].filter(([, exports]) => exports === 'row').map(([column]) => column),
  }));
}
