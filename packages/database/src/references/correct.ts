import { identifier, query } from '../query.ts';
import type { EntityClass } from '../service-database.ts';
import type { Transaction } from '../transaction.ts';
import { type ReferenceTableDeclaration, referenceTableOf } from './declarations.ts';
import type { MetReference } from './meet.ts';

/**
 * Overwrites rows of a reference table by what their owner says, whatever their version: unlike `meetReferences`
 * it also corrects one of the same version, or of a newer one that the owner never had. A row that has changed since
 * its version was `seen` stays as it is, and so does a tombstone.
 * @returns the ids of the rows that were overwritten
 */
export async function correctReferences(
  tx: Transaction,
  refEntity: EntityClass,
  rows: readonly (MetReference & { seen: number })[],
): Promise<string[]> {
  if (rows.length === 0) return [];
  const { table, keepsFresh } = referenceTableOf(refEntity);
  const fresh = Object.entries(keepsFresh).filter(([field]) => rows.every(({ fields }) => field in fields));
  const records = rows.map(({ id, version, fields }) => ({
    id,
    version,
    ...Object.fromEntries(fresh.map(([field, column]) => [column, fields[field] ?? null])),
  }));
  const seen = rows.map(({ id, seen: version }) => ({ id, version }));
  const corrected = await query<{ id: string }>(
    tx,
    `update ${identifier(table)} as met
        set ${['version', ...fresh.map(([, column]) => column)]
          .map((column) => `${identifier(column)} = said.${identifier(column)}`)
          .join(', ')}
       from jsonb_populate_recordset(null::${identifier(table)}, $1::jsonb) as said
       join jsonb_to_recordset($2::jsonb) as seen (id uuid, version integer) on seen.id = said.id
      where met.id = said.id
        and met.state = 'active'
        and met.version = seen.version
     returning met.id`,
    [JSON.stringify(records), JSON.stringify(seen)],
  );
  return corrected.map(({ id }) => id);
}

/** Locks a row of a reference table, where it still is active and of the version that was `seen`; whether it is. */
export async function lockUnmoved(
  tx: Transaction,
  { table }: ReferenceTableDeclaration,
  id: string,
  seen: number,
): Promise<boolean> {
  const rows = await query(
    tx,
    `select
       from ${identifier(table)}
      where id = $1
        and state = 'active'
        and version = $2
        for update`,
    [id, seen],
  );
  return rows.length > 0;
}
