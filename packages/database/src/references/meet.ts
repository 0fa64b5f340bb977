import type { AggregateName } from '@hivesync/contracts';
import { identifier, query } from '../query.ts';
import type { EntityClass, ServiceDatabase } from '../service-database.ts';
import type { Transaction } from '../transaction.ts';
import { referenceTableOf, referenceTables } from './declarations.ts';

export interface MetReference {
  id: string;
  /** Version of the aggregate; 0 when only its existence is known. */
  version: number;
  /** By the names of the owner's events and answers; those that are not kept fresh here are left out. */
  fields: Readonly<Record<string, unknown>>;
}

/** Which of the ids are not in the reference table. A tombstone is known: the trigger refuses it when written. */
export async function unknownReferences(
  tx: Transaction,
  refEntity: EntityClass,
  ids: readonly string[],
): Promise<string[]> {
  if (ids.length === 0) return [];
  const { table } = referenceTableOf(refEntity);
  const rows = await query<{ id: string }>(
    tx,
    `select distinct asked.id
       from unnest($1::uuid[]) as asked (id)
       left join ${identifier(table)} as met on met.id = asked.id
      where met.id is null`,
    [ids],
  );
  return rows.map(({ id }) => id);
}

/**
 * Writes what the owner said of some aggregates: new rows are added, older ones brought up to the newer version.
 * A tombstone is never revived, and an older version never overwrites a newer one. One statement for all rows,
 * in the order of their ids so that two callers cannot deadlock.
 */
export async function meetReferences(
  tx: Transaction,
  refEntity: EntityClass,
  rows: readonly MetReference[],
): Promise<void> {
  const { table, keepsFresh } = referenceTableOf(refEntity);
  const present = Object.entries(keepsFresh).filter(([field]) => rows.some(({ fields }) => field in fields));
  const newest = new Map<string, MetReference>();
  for (const row of rows) {
    if (row.version >= (newest.get(row.id)?.version ?? 0)) newest.set(row.id, row);
  }
  if (newest.size === 0) return;
  const columns = ['id', 'version', ...present.map(([, column]) => column)].map(identifier).join(', ');
  const records = [...newest.values()].map(({ id, version, fields }) => ({
    id,
    version,
    ...Object.fromEntries(present.map(([field, column]) => [column, fields[field] ?? null])),
  }));
  await query(
    tx,
    `insert into ${identifier(table)} as met (${columns})
     select ${columns}
       from jsonb_populate_recordset(null::${identifier(table)}, $1::jsonb)
      order by id
         on conflict (id) do update
        set ${['version', ...present.map(([, column]) => column)]
          .map((column) => `${identifier(column)} = excluded.${identifier(column)}`)
          .join(', ')}
      where met.state = 'active'
        and met.version < excluded.version`,
    [JSON.stringify(records)],
  );
}

/**
 * Meets aggregates whose existence is proven without asking their owner: by its signature, or by an event or an
 * answer that names them. What is known here stays as it is, a tombstone too, and is not even locked.
 */
export async function meetKnown(
  tx: Transaction,
  refEntity: EntityClass,
  ids: readonly string[],
): Promise<void> {
  const { table } = referenceTableOf(refEntity);
  await query(
    tx,
    `insert into ${identifier(table)} (id)
     select distinct known.id
       from unnest($1::uuid[]) as known (id)
      order by known.id
         on conflict (id) do nothing`,
    [ids],
  );
}

/** Applies that an aggregate was created or changed by its owner: upsert when newer. Nothing where no table here holds it. */
export async function applyReferenceUpdated(
  tx: Transaction,
  database: ServiceDatabase,
  aggregate: AggregateName,
  id: string,
  version: number,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  const refTable = referenceTables(database).find((table) => table.aggregate === aggregate);
  if (refTable) await meetReferences(tx, refTable.entity, [{ id, version, fields: data }]);
}
