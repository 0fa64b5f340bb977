import { type DataSource, query, type Transaction } from '@hivesync/database';
import type { LoginThrottleKind } from './login-throttle.entity.ts';

export interface Counter {
  kind: LoginThrottleKind;
  key: string;
}

export interface ThrottlePolicy {
  /** The failure from which on each one blocks the key: for 1 minute, then 2, 4, 8 and at most 15. */
  limit: number;
  /** Minutes after the last failure when counting starts anew. */
  windowMinutes: number;
}

export interface Refusal {
  /** Until the block ends, at least 1. */
  seconds: number;
  /** It is the first that this block turns away. */
  first: boolean;
  /** How many failures led to the block. */
  failures: number;
  /** How many attempts the blocks before it turned away. */
  refused: number;
}

/** Turns an attempt away while its key is blocked, and counts it; null while it is not blocked. */
export async function refuseWhileBlocked(tx: Transaction, counter: Counter): Promise<Refusal | null> {
  const [refusal] = await query<Refusal>(
    tx,
    `with blocked as (
       select
         kind,
         key,
         failures,
         coalesce(refused, 0) as refused,
         told_until is distinct from blocked_until as first,
         greatest(1, ceil(extract(epoch from blocked_until - clock_timestamp())))::integer as seconds
       from login_throttles
       where kind = $1
         and key = $2
         and blocked_until > clock_timestamp()
       for update
     )
     update login_throttles as present
     set refused = blocked.refused + 1, told_until = present.blocked_until
     from blocked
     where present.kind = blocked.kind
       and present.key = blocked.key
     returning blocked.seconds, blocked.first, blocked.failures, blocked.refused`,
    [counter.kind, counter.key],
  );
  return refusal ?? null;
}

/**
 * Counts a failure, in one statement that parallel callers cannot get past together.
 *
 * @returns false where the key is blocked already, and then nothing is counted
 */
export async function countFailure(
  source: Transaction | DataSource,
  { kind, key }: Counter,
  policy: ThrottlePolicy,
): Promise<boolean> {
  const rows = await query<{ failures: number }>(
    source,
    `insert into login_throttles as present (kind, key, failures, last_failed_at, blocked_until)
     values ($1, $2, 1, clock_timestamp(), case when $3::integer <= 1 then clock_timestamp() + interval '1 minute' end)
     on conflict (kind, key) do update
     set last_failed_at = clock_timestamp(),
         (failures, blocked_until) = (
           select
             counted.failures,
             case
               when counted.failures >= $3::integer
               then clock_timestamp() + least(15, power(2, least(10, counted.failures - $3::integer))) * interval '1 minute'
             end
           from (
             select case
               when present.last_failed_at > clock_timestamp() - make_interval(mins => $4::integer)
               then present.failures + 1
               else 1
             end as failures
           ) as counted
         )
     where present.blocked_until is null
        or present.blocked_until <= clock_timestamp()
     returning failures`,
    [kind, key, policy.limit, policy.windowMinutes],
  );
  return rows.length > 0;
}

/** Forgets the failures of a key and answers how many there were. */
export async function forgetFailures(tx: Transaction, { kind, key }: Counter): Promise<number> {
  const rows = await query<{ failures: number }>(
    tx,
    `delete from login_throttles
     where kind = $1
       and key = $2
     returning failures`,
    [kind, key],
  );
  return rows[0]?.failures ?? 0;
}

/** Deletes at most 100 rows that count for nothing any more; rows that others hold are left for next time. */
export async function pruneThrottles(tx: Transaction, windowMinutes: number): Promise<void> {
  await query(
    tx,
    `delete from login_throttles
     where (kind, key) in (
       select kind, key
       from login_throttles
       where last_failed_at < now() - make_interval(mins => $1::integer)
       limit 100
       for update skip locked
     )`,
    [windowMinutes],
  );
}
