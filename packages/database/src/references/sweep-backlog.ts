import type { DataSource, EntityManager } from 'typeorm';
import { query } from '../query.ts';

export interface SweepBacklog {
  open: number;
  /** Those of them whose last attempt failed. */
  failing: number;
  /** Since this service heard of the oldest of them; 0: there is none. */
  oldestSeconds: number;
}

/** Deletions that this service was told of and has not carried out, from the index of those alone. */
export async function sweepBacklog(source: DataSource | EntityManager): Promise<SweepBacklog> {
  const [row] = await query<{ open: number; failing: number; oldest_seconds: string }>(
    source,
    `select count(*)::integer as open,
            count(*) filter (where failures > 0)::integer as failing,
            coalesce(greatest(0, extract(epoch from now() - min(requested_at))), 0) as oldest_seconds
       from reference_sweeps
      where completed_at is null`,
  );
  const { open, failing, oldest_seconds: oldestSeconds } = row!;
  return { open, failing, oldestSeconds: Number(oldestSeconds) };
}
