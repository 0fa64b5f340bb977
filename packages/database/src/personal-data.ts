import { aggregates } from '@hivesync/contracts';
import type { DataSource } from 'typeorm';
import { dataClasses } from './data-class.ts';
import { tableNameOf } from './entity-names.ts';
import { identifier, query } from './query.ts';
import { referenceDeclarations, referenceTables } from './references/declarations.ts';
import type { EntityClass, ServiceDatabase } from './service-database.ts';

/** A row that a service holds on a user. */
export interface HeldRow {
  table: string;
  row: Record<string, unknown>;
}

const rowsOfAPage = 500;
/** Of no use to the person, and of use to a thief. */
const neverLeaves = new Set(['secret-hash', 'encrypted']);

/**
 * Everything that a service holds on a user, table by table: rows whose declared reference is to them, and the
 * reference itself; in the service that owns users the user, and what has a foreign key to it. Hashes of secrets and
 * ciphertext are left out. It reads pages by primary key, so memory is bounded and no transaction stays open.
 */
export async function* rowsHeldOn(
  dataSource: DataSource,
  database: ServiceDatabase,
  userId: string,
): AsyncGenerator<HeldRow> {
  for (const { entity, columns } of holders(dataSource, database)) {
    const table = tableNameOf(entity);
    const key = dataSource
      .getMetadata(entity)
      .primaryColumns.map(({ databaseName }) => identifier(databaseName));
    const secrets = [...dataClasses(entity)]
      .filter(([, dataClass]) => neverLeaves.has(dataClass))
      .map(([column]) => column);
    for (let after: object | null = null; ; ) {
      const page: { row: Record<string, unknown>; key: object }[] = await query(
        dataSource,
        `select to_jsonb(held) - $2::text[] as row,
                to_jsonb(held) as key
           from ${identifier(table)} as held
          where (${columns.map((column) => `held.${identifier(column)} = $1`).join(' or ')})
            and ($3::jsonb is null or (${key.map((column) => `held.${column}`).join(', ')}) > (
              select ${key.map((column) => `last.${column}`).join(', ')}
              from jsonb_populate_record(null::${identifier(table)}, $3::jsonb) as last
            ))
          order by ${key.map((column) => `held.${column}`).join(', ')}
          limit ${rowsOfAPage}`,
        [userId, secrets, after && JSON.stringify(after)],
      );
      for (const { row } of page) yield { table, row };
      after = page.at(-1)?.key ?? null;
      if (page.length < rowsOfAPage) break;
    }
  }
}

const ownsUsers = ({ service }: ServiceDatabase): boolean => aggregates['identity.user'].owner === service;

function holders(
  dataSource: DataSource,
  database: ServiceDatabase,
): { entity: EntityClass; columns: string[] }[] {
  const held = new Map<EntityClass, Set<string>>();
  const hold = (entity: EntityClass, column: string) =>
    held.set(entity, (held.get(entity) ?? new Set()).add(column));
  for (const { entity, aggregate } of referenceTables(database)) {
    if (aggregate === 'identity.user') hold(entity, 'id');
  }
  for (const { entity, column, aggregate } of referenceDeclarations(database)) {
    if (aggregate === 'identity.user') hold(entity, column);
  }
  if (ownsUsers(database)) {
    for (const entity of database.entities) {
      if (tableNameOf(entity) === 'users') hold(entity, 'id');
      for (const { referencedEntityMetadata, columns } of dataSource.getMetadata(entity).foreignKeys) {
        const [column] = columns;
        if (referencedEntityMetadata.tableName === 'users' && column) hold(entity, column.databaseName);
      }
    }
  }
  return [...held].map(([entity, columns]) => ({ entity, columns: [...columns] }));
}
