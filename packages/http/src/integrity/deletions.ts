/**
 * What an audit can only put right by deleting. Nobody deletes by the way: the audit names the ids, an operator says
 * how many may go, their rows are exported, and then they are deleted by name.
 */
import { type AggregateName, ApiError } from '@hivesync/contracts';
import {
  applyReferenceDeleted,
  type DataSource,
  lockUnmoved,
  referencesByIds,
  referenceTables,
  requestSweep,
  type ServiceDatabase,
  transaction,
} from '@hivesync/database';
import type { ReferenceOwners } from '../references/reference-owners.ts';
import type { CountedFinding } from './findings.ts';
import type { IntegrityDeletion } from './schemas.ts';
import { needsDeletion } from './step.ts';

interface Asking {
  owners: ReferenceOwners;
  requestId: string;
}

/** The ids among findings whose rows would have to go, each once for each kind. */
export async function deletionsOf(
  asking: Asking,
  findings: readonly CountedFinding[],
): Promise<IntegrityDeletion[]> {
  const deletions = new Map<string, IntegrityDeletion>();
  for (const { service, aggregate, kind, column, rowsOf } of findings) {
    for (const [suspect, count] of rowsOf) {
      if (!needsDeletion(suspect)) continue;
      const { id } = suspect;
      const key = `${aggregate} ${kind} ${id}`;
      const deletion = deletions.get(key) ?? { service, aggregate, id, kind, set_back: false, columns: [] };
      deletion.columns.push({ column, count });
      deletions.set(key, deletion);
    }
  }
  const named = [...deletions.values()];
  for (const aggregate of new Set(named.map((deletion) => deletion.aggregate))) {
    const unknown = named.filter((one) => one.aggregate === aggregate && one.kind !== 'unswept');
    const younger = await youngerThanAll(
      asking,
      aggregate,
      unknown.map(({ id }) => id),
    );
    for (const deletion of unknown) deletion.set_back = younger.has(deletion.id);
  }
  return named;
}

/**
 * Which of the ids are younger than everything that the owner has. Ids carry their time, so an owner that never made
 * anything as new as what others refer to has lost it: it was set back. Asks for what follows an id, at most once for
 * each halving of their number.
 */
async function youngerThanAll(
  { owners, requestId }: Asking,
  aggregate: AggregateName,
  ids: readonly string[],
): Promise<Set<string>> {
  const inOrder = [...new Set(ids)].sort();
  let [from, to] = [0, inOrder.length];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    const after = inOrder[middle] ?? null;
    const followed = (await owners.list(aggregate, { after, limit: 1 }, { requestId })).length > 0;
    if (followed) from = middle + 1;
    else to = middle;
  }
  return new Set(inOrder.slice(from));
}

/**
 * Begins the deletion of ids by the policies that columns declare; the service's sweeper carries it out. The owner is
 * asked once more before: what it has, or is younger than all that it has, stays, and so does a row that has changed
 * while it was asked.
 * @returns the ids whose deletion has begun
 * @throws ApiError UPSTREAM_UNAVAILABLE where the owner cannot be asked; VALIDATION_FAILED where nothing here refers
 * to that aggregate
 */
export async function beginDeletions(
  { dataSource, database, ...asking }: Asking & { dataSource: DataSource; database: ServiceDatabase },
  aggregate: AggregateName,
  ids: readonly string[],
): Promise<string[]> {
  const table = referenceTables(database).find((one) => one.aggregate === aggregate);
  if (!table) {
    throw new ApiError('VALIDATION_FAILED', {
      errors: [{ path: 'body/aggregate', message: 'nothing in this service refers to it' }],
    });
  }
  const here = new Map((await referencesByIds(dataSource.manager, table, ids)).map((row) => [row.id, row]));
  const there = await asking.owners.resolve(aggregate, ids, asking);
  const known = new Set(there.map(({ id }) => id));
  const isTombstone = (id: string) => here.get(id)?.state === 'deleted';
  const unknown = ids.filter((id) => !known.has(id));
  const younger = await youngerThanAll(
    asking,
    aggregate,
    unknown.filter((id) => !isTombstone(id)),
  );
  const begun: string[] = [];
  for (const id of unknown.filter((one) => !younger.has(one))) {
    const { version = 0, state } = here.get(id) ?? {};
    const done = await transaction(dataSource, async (tx) => {
      if (state === 'active' && !(await lockUnmoved(tx, table, id, version))) return false;
      await applyReferenceDeleted(tx, database, aggregate, id, version);
      await requestSweep(tx, aggregate, id, version, { again: true });
      return true;
    });
    if (done) begun.push(id);
  }
  return begun;
}
