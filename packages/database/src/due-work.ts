import type { DataSource } from 'typeorm';
import { identifier, query } from './query.ts';
import type { Transaction } from './transaction.ts';

/**
 * A table of work that is due outside of any transaction: one row a piece, written with its cause, with the columns
 * `attempts`, `next_attempt_at` and `last_error`. Whoever claims a row has it for a lease; killed meanwhile, the
 * row is due again after that. So what is done has to be such that doing it twice does no harm.
 */
export interface DueTable {
  name: string;
  /** Its primary key, one column. */
  key: string;
  /** Which rows are still to be done, in SQL; default: all that there are. */
  open?: string;
}

export interface ClaimedWork {
  id: string;
  /** This one included: the fencing token by which a failure is recorded. */
  attempts: number;
}

/** Takes the piece that has been due for longest, for so many seconds; undefined where nothing is due. */
export async function claimDueWork(
  source: DataSource,
  { name, key, open = 'true' }: DueTable,
  leaseSeconds: number,
): Promise<ClaimedWork | undefined> {
  const [table, id] = [identifier(name), identifier(key)];
  const [claimed] = await query<ClaimedWork>(
    source,
    `update ${table}
     set attempts = attempts + 1,
         next_attempt_at = now() + make_interval(secs => $1)
     where ${id} = (
       select ${id}
       from ${table}
       where ${open}
         and next_attempt_at <= now()
       order by next_attempt_at
       limit 1
       for update skip locked
     )
     returning ${id} as id, attempts`,
    [leaseSeconds],
  );
  return claimed;
}

/** Records why it failed and puts it off, unless somebody else has taken it up since, or it was done. */
export async function postponeDueWork(
  source: DataSource | Transaction,
  { name, key, open = 'true' }: DueTable,
  { id, attempts }: ClaimedWork,
  error: string,
  seconds = backoffSeconds(attempts),
): Promise<void> {
  await query(
    source,
    `update ${identifier(name)}
     set last_error = $3,
         next_attempt_at = now() + make_interval(secs => $4)
     where ${identifier(key)} = $1
       and attempts = $2
       and ${open}`,
    [id, attempts, error, seconds],
  );
}

const longestPauseSeconds = 3_600;

/** Until the attempt after this many: 5 s at first, doubling to an hour, a fifth more or less. */
export function backoffSeconds(attempts: number): number {
  return Math.min(5 * 2 ** (attempts - 1), longestPauseSeconds) * (0.8 + Math.random() * 0.4);
}
