import { aggregates, type ServiceName } from '@hivesync/contracts';
import {
  correctReferences,
  type DataSource,
  referencePage,
  referenceTables,
  type ServiceDatabase,
  transaction,
} from '@hivesync/database';
import { staleFields } from '../integrity/table-step.ts';
import type { ReferenceOwners } from './reference-owners.ts';
import { maxResolvedIds } from './resolve-schemas.ts';

export interface RefreshOptions {
  dataSource: DataSource;
  database: ServiceDatabase;
  owners: ReferenceOwners;
  /** Whose aggregates. */
  owner: ServiceName;
  requestId: string;
  signal?: AbortSignal;
}

/**
 * Brings every reference to aggregates of one service to what that service says of them now, their versions too, which may
 * be older than those known here: its server was set back. Until then its next events would count as old news. What it
 * does not have any more, and tombstones, stay as they are: those are for the integrity audit. It may be done again at
 * any time, and beside anything else: a row that has changed since it was read is left alone.
 * @throws ApiError UPSTREAM_UNAVAILABLE where the owner cannot be asked; the signal's reason when that aborts
 */
export async function refreshReferences(options: RefreshOptions): Promise<void> {
  const { dataSource, database, owners, owner, requestId, signal } = options;
  for (const table of referenceTables(database)) {
    if (aggregates[table.aggregate].owner !== owner) continue;
    for (let after: string | null = null; ; ) {
      signal?.throwIfAborted();
      const page = await referencePage(dataSource.manager, table, after, maxResolvedIds);
      const active = page.filter(({ state }) => state === 'active');
      const ids = active.map(({ id }) => id);
      const answer = await owners.resolve(table.aggregate, ids, { requestId });
      const said = new Map(answer.map((one) => [one.id, one]));
      const rows = active.flatMap((here) => {
        const there = said.get(here.id);
        if (!there || (there.version === here.version && staleFields(here, there).length === 0)) return [];
        return [{ id: here.id, version: there.version, fields: there.data, seen: here.version }];
      });
      await transaction(dataSource, (tx) => correctReferences(tx, table.entity, rows));
      if (page.length < maxResolvedIds) break;
      after = page.at(-1)!.id;
    }
  }
}
