import type { DataSource, EntityManager } from 'typeorm';
import { query } from './query.ts';
import type { PartitionPolicy } from './service-database.ts';

/**
 * Makes the partitions of a table that are due at `now` and as far ahead as its policy in the database says.
 * Cheap when there is nothing to do (it takes no lock), and safe to run in several processes at once.
 * @returns how many were made.
 */
export async function ensurePartitions(
  source: DataSource | EntityManager,
  policy: Pick<PartitionPolicy, 'table'>,
  now: Date = new Date(),
): Promise<number> {
  const [row] = await query<{ made: number }>(source, 'select ensure_partitions($1, $2) as made', [
    policy.table,
    now,
  ]);
  return row?.made ?? 0;
}

/**
 * Drops the partitions that are older than their policy keeps them, by the database's clock.
 * @returns the names of those dropped.
 * @throws QueryFailedError 42501 where the policy keeps them for ever.
 */
export async function dropExpiredPartitions(
  source: DataSource | EntityManager,
  policy: Pick<PartitionPolicy, 'table'>,
): Promise<string[]> {
  const rows = await query<{ name: string }>(source, 'select name from drop_expired_partitions($1) as name', [
    policy.table,
  ]);
  return rows.map(({ name }) => name);
}
