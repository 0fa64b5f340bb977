import { type DataSource, query, type Transaction } from '@hivesync/database';

/** More than a slice of the audit takes: whoever does not renew it by then has died. */
const claimMinutes = 5;

/** Takes the audit where it is due and nobody is at it: of many that ask at once one is answered true. */
export async function claimAudit(source: DataSource, hours: number): Promise<boolean> {
  const rows = await query(
    source,
    `update integrity_schedule
     set claimed_until = now() + make_interval(mins => $2)
     where audited_at <= now() - make_interval(hours => $1)
       and claimed_until <= now()
     returning id`,
    [hours, claimMinutes],
  );
  return rows.length > 0;
}

/** Keeps it for another while. */
export async function renewClaim(source: DataSource): Promise<void> {
  await query(
    source,
    `update integrity_schedule
     set claimed_until = now() + make_interval(mins => $1)`,
    [claimMinutes],
  );
}

/** It is done; the next is due the configured time from now. */
export async function completeAudit(tx: Transaction, found: number): Promise<void> {
  await query(
    tx,
    `update integrity_schedule
     set audited_at = now(),
         claimed_until = now(),
         found = $1`,
    [found],
  );
}

export interface LastAudit {
  ageSeconds: number;
  /** Rows that it found to be wrong; null: none was through yet. */
  found: number | null;
}

export async function lastAudit(source: DataSource): Promise<LastAudit> {
  const [row] = await query<{ age_seconds: string; found: string | null }>(
    source,
    `select greatest(0, extract(epoch from now() - audited_at)) as age_seconds, found
     from integrity_schedule`,
  );
  const { age_seconds: ageSeconds, found } = row!;
  return { ageSeconds: Number(ageSeconds), found: found === null ? null : Number(found) };
}
