/** What the integrity audit reads of one service's own tables, a bounded number of rows at a time. */

import type { AggregateName } from '@hivesync/contracts';
import { identifier, query } from '../query.ts';
import type { Transaction } from '../transaction.ts';
import type { ReferenceDeclaration, ReferenceTableDeclaration } from './declarations.ts';
import type { ReferenceState } from './reference-row.ts';

/** A row of a reference table, with the fields that are kept fresh by the names that the owner gives them. */
export interface InspectedReference {
  id: string;
  state: ReferenceState;
  version: number;
  fields: Readonly<Record<string, unknown>>;
}

/** Up to `limit` rows of a reference table in the order of their ids, after one of them or from the first. */
export function referencePage(
  source: Transaction,
  table: ReferenceTableDeclaration,
  after: string | null,
  limit: number,
): Promise<InspectedReference[]> {
  return query<InspectedReference>(
    source,
    `select ${inspected(table)}
       from ${identifier(table.table)} as met
      where $1::uuid is null
         or id > $1
      order by id
      limit $2`,
    [after, limit],
  );
}

/** Those of the ids that the reference table has. */
export function referencesByIds(
  source: Transaction,
  table: ReferenceTableDeclaration,
  ids: readonly string[],
): Promise<InspectedReference[]> {
  return query<InspectedReference>(
    source,
    `select ${inspected(table)}
       from ${identifier(table.table)} as met
      where id = any($1::uuid[])`,
    [ids],
  );
}

function inspected({ keepsFresh }: ReferenceTableDeclaration): string {
  const fields = Object.entries(keepsFresh).flatMap(([field, column]) => [
    `'${field.replaceAll("'", "''")}'`,
    identifier(column),
  ]);
  return `id, state, version, jsonb_build_object(${fields.join(', ')}) as fields`;
}

/** How many rows refer to each of the ids by this column; ids without any are left out. */
export async function referringRows(
  source: Transaction,
  { table, column }: ReferenceDeclaration,
  ids: readonly string[],
): Promise<Map<string, number>> {
  const rows = await query<{ id: string; rows: number }>(
    source,
    `select ${identifier(column)} as id,
            count(*)::integer as rows
       from ${identifier(table)}
      where ${identifier(column)} = any($1::uuid[])
      group by 1`,
    [ids],
  );
  return new Map(rows.map(({ id, rows: count }) => [id, count]));
}

/**
 * Ids in this column, in their order, that no row of the reference table has: the foreign key was not in force
 * when they were written. Looks at `limit` rows at most, and says after which id to go on; null at the end.
 */
export async function unmetPage(
  source: Transaction,
  { table, column, refTable }: ReferenceDeclaration,
  after: string | null,
  limit: number,
): Promise<{ ids: string[]; examined: number; next: string | null }> {
  const [page] = await query<{ ids: string[]; examined: number; last: string | null }>(
    source,
    `with page as (
       select ${identifier(column)} as id
         from ${identifier(table)}
        where ${identifier(column)} is not null
          and ($1::uuid is null or ${identifier(column)} > $1)
        order by ${identifier(column)}
        limit $2
     )
     select (select count(*)::integer from page) as examined,
            (select id from page order by id desc limit 1) as last,
            array(
              select distinct page.id
                from page
               where not exists (select from ${identifier(refTable)} as met where met.id = page.id)
            ) as ids`,
    [after, limit],
  );
  const { ids, examined, last } = page ?? { ids: [], examined: 0, last: null };
  // The rest of the last id's rows hold the same id, so the next page may begin after it.
  return { ids, examined, next: examined < limit ? null : last };
}

/** Those of the deleted ids whose sweep is under way: what points at them is about to go. */
export async function openSweeps(
  source: Transaction,
  aggregate: AggregateName,
  ids: readonly string[],
): Promise<Set<string>> {
  const rows = await query<{ id: string }>(
    source,
    `select subject as id
       from reference_sweeps
      where aggregate = $1
        and subject = any($2::uuid[])
        and completed_at is null
        and failures = 0`,
    [aggregate, ids],
  );
  return new Set(rows.map(({ id }) => id));
}
