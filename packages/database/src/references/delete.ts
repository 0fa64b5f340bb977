import type { AggregateName } from '@hivesync/contracts';
import { identifier, query } from '../query.ts';
import type { ServiceDatabase } from '../service-database.ts';
import type { Transaction } from '../transaction.ts';
import { type ReferenceTableDeclaration, referenceTables } from './declarations.ts';
import { requestSweep } from './sweep.ts';

/**
 * Takes in that another service's aggregate was deleted, in the caller's transaction: writes the tombstone, also for
 * an id that was never met, and asks for the sweep that carries the declared policies out (see `sweepOnce`).
 *
 * The tombstone closes the door. Updating the row waits for every transaction that holds it `for share`, which is
 * what `require_live_reference` takes when a referencing row is written; so a write either committed before, and
 * is seen by the sweep, or waits for us and is then refused. The sweep begins after this commits, so there is
 * nothing left that it could miss.
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
  await requestSweep(tx, aggregate, id, version);
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
