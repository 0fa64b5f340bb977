import { type DataSource, query } from '@hivesync/database';

/** Keys whose removal is due, the longest waiting first. */
export async function dueRemovals(dataSource: DataSource, limit: number): Promise<string[]> {
  const rows = await query<{ object_key: string }>(
    dataSource,
    `select object_key
       from object_removals
      where due_at <= now()
      order by due_at
      limit $1`,
    [limit],
  );
  return rows.map((row) => row.object_key);
}

/** @returns false where another replica has done so before */
export async function forgetRemoval(dataSource: DataSource, key: string): Promise<boolean> {
  const rows = await query(dataSource, 'delete from object_removals where object_key = $1 returning 1', [
    key,
  ]);
  return rows.length === 1;
}

/** Tries again after 2 s, doubling to 512 s. */
export async function postponeRemoval(dataSource: DataSource, key: string, error: string): Promise<void> {
  await query(
    dataSource,
    `update object_removals
        set attempts = attempts + 1,
            last_error = $2,
            due_at = now() + make_interval(secs => 2 ^ least(attempts + 1, 9))
      where object_key = $1`,
    [key, error],
  );
}

export interface OpenRemovals {
  open: number;
  /** Those of them whose last attempt failed. */
  failing: number;
  /** Age of the oldest; 0: there is none. */
  oldestSeconds: number;
}

/** The table holds what waits, and nothing else. */
export async function openRemovals(dataSource: DataSource): Promise<OpenRemovals> {
  const [row] = await query<{ open: number; failing: number; oldest_seconds: string }>(
    dataSource,
    `select count(*)::integer as open,
            count(last_error)::integer as failing,
            coalesce(greatest(0, extract(epoch from now() - min(created_at))), 0) as oldest_seconds
       from object_removals`,
  );
  const { open, failing, oldest_seconds: oldestSeconds } = row!;
  return { open, failing, oldestSeconds: Number(oldestSeconds) };
}
