import type { AggregateName } from '@hivesync/contracts';
import { identifier, query } from '../query.ts';
import type { ServiceDatabase } from '../service-database.ts';
import type { Transaction } from '../transaction.ts';
import {
  type ReferenceDeclaration,
  type ReferenceTableDeclaration,
  referenceDeclarations,
  referenceTables,
} from './declarations.ts';

/**
 * Carries the deletion of another service's aggregate through this service, in the caller's transaction.
 *
 * The tombstone comes first, also for an id that was never met. Updating the row waits for every transaction that
 * holds it `for share`, which is what `require_live_reference` takes when a referencing row is written; so a
 * write either committed before and is seen by the policies below, or waits for us and is then refused. That
 * holds because each statement sees what was committed before it began: read committed, and nothing stricter.
 *
 * Then each declared column's policy, cascades first, in the order of `entities` (so put children before parents
 * where a local foreign key would refuse otherwise).
 * @throws Error outside of read committed.
 */
export async function applyReferenceDeleted(
  tx: Transaction,
  database: ServiceDatabase,
  aggregate: AggregateName,
  id: string,
  version: number,
): Promise<void> {
  const refTable = referenceTables(database).find((table) => table.aggregate === aggregate);
  if (!refTable) return;
  await bury(tx, refTable, id, version);
  const declarations = referenceDeclarations(database).filter((one) => one.aggregate === aggregate);
  for (const onDelete of ['cascade', 'set null'] as const) {
    for (const declaration of declarations.filter((one) => one.onDelete === onDelete)) {
      await query(tx, policy(declaration), [id]);
    }
  }
}

async function bury(tx: Transaction, refTable: ReferenceTableDeclaration, id: string, version: number) {
  const forgotten = Object.values(refTable.keepsFresh).map((column) => `, ${identifier(column)} = null`);
  const [{ isolation } = { isolation: '' }] = await query<{ isolation: string }>(
    tx,
    `insert into ${identifier(refTable.table)} as met (id, state, version, deleted_at)
     values ($1, 'deleted', $2, now())
         on conflict (id) do update
        set state = 'deleted',
            version = greatest(met.version, excluded.version),
            deleted_at = coalesce(met.deleted_at, excluded.deleted_at)${forgotten.join('')}
     returning current_setting('transaction_isolation') as isolation`,
    [id, version],
  );
  if (isolation !== 'read committed') {
    throw new Error(`a deletion must be applied in read committed, not in ${isolation}: it would miss rows`);
  }
}

function policy({ table, column, onDelete }: ReferenceDeclaration): string {
  return onDelete === 'cascade'
    ? `delete from ${identifier(table)}
        where ${identifier(column)} = $1`
    : `update ${identifier(table)}
          set ${identifier(column)} = null
        where ${identifier(column)} = $1`;
}
