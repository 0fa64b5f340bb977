import type { DataSource } from 'typeorm';
import { isDatabaseUnavailable } from '../failures.ts';
import { identifier, literal, query } from '../query.ts';
import type { ServiceDatabase, SweepBatch } from '../service-database.ts';
import { type Transaction, transaction } from '../transaction.ts';
import { type ReferenceDeclaration, referenceDeclarations } from './declarations.ts';

/** A deletion that has been carried out here to its end. */
export interface CompletedSweep {
  aggregate: string;
  /** Id of what was deleted. */
  subject: string;
  version: number;
  requestedAt: Date;
  /** Rows removed or cleared, by `table.column`. */
  removed: Record<string, number>;
  /** Batches that did something. */
  batches: number;
  /** Milliseconds from begin to the end of the work of the slowest batch, its waiting included; without its commit. */
  longestLockMs: number;
}

export interface SweepOptions {
  /** Rows in one batch, 1 to 10,000, default 500. */
  limit?: number;
  /** By aggregate: what its deletion does in every service, in the platform's own tables, after all that is declared. */
  everywhere?: Readonly<Record<string, SweepBatch>>;
  /** Called in the transaction that finds nothing left, e.g. to publish. */
  completed?: (tx: Transaction, sweep: CompletedSweep) => Promise<void>;
}

/** `idle`: nothing is to be done now; `batch`: some rows went; `completed`: nothing of it was left. */
export type SweepOutcome = 'idle' | 'batch' | 'completed';

/** The policies of one sweep threw. The next attempt is due later, and others are not held up by it. */
export class SweepFailedError extends Error {
  override name = 'SweepFailedError';
  readonly aggregate: string;
  readonly subject: string;

  constructor(aggregate: string, subject: string, cause: unknown) {
    // Without the id and the cause's words, which may hold values: this one is logged.
    super(`sweep of ${aggregate} failed`, { cause });
    this.aggregate = aggregate;
    this.subject = subject;
  }
}

/**
 * Asks for the rows of a deleted aggregate to be removed, in the transaction that deletes it: of another service's
 * (`applyReferenceDeleted` does so) or one of our own, for which `ServiceDatabase.sweeps` says how (projects and
 * users go so). Asking twice is as asking once; `again` also opens one that is complete, whose counts go on from
 * where they were.
 */
export async function requestSweep(
  tx: Transaction,
  aggregate: string,
  subject: string,
  version: number,
  options: { again?: boolean } = {},
): Promise<void> {
  await query(
    tx,
    `insert into reference_sweeps as sweep (aggregate, subject, version)
     values ($1, $2, $3)
         on conflict (aggregate, subject) do update
        set version = greatest(sweep.version, excluded.version),
            completed_at = case when $4 then null else sweep.completed_at end
      where $4 or sweep.version < excluded.version`,
    [aggregate, subject, version, options.again ?? false],
  );
}

/**
 * Does one batch of one sweep, that which has waited longest, in one short transaction with its counts: killed at any
 * moment, it has either happened and is counted, or not at all, and the next call goes on. Replicas share the work:
 * a sweep that another one has in hand is passed over.
 *
 * Cascades come first, in the order of `entities`, then what is cleared. A sweep is complete when a whole pass finds
 * nothing, which holds for good, since the tombstone has refused every new row from before the sweep began. One whose
 * batches have begun work that is done elsewhere (`ServiceDatabase.awaits`) is not due until that is over.
 * @throws SweepFailedError where a policy fails; the sweep is put off, 2 s at first and 64 s at most. What the database
 * fails with when it cannot be reached passes through unchanged.
 */
export async function sweepOnce(
  dataSource: DataSource,
  database: ServiceDatabase,
  options: SweepOptions = {},
): Promise<SweepOutcome> {
  let claimed: Claim | undefined;
  try {
    return await transaction(dataSource, async (tx) => {
      claimed = await claim(tx, database);
      if (!claimed) return 'idle';
      const removed = await removeBatch(
        tx,
        batchesOf(database, claimed.aggregate, options),
        claimed,
        options.limit ?? 500,
      );
      if (Object.keys(removed).length > 0) {
        await count(tx, claimed, removed);
        return 'batch';
      }
      const completed = await complete(tx, database, claimed);
      if (!completed) return 'batch';
      await options.completed?.(tx, completed);
      return 'completed';
    });
  } catch (error) {
    if (!claimed || isDatabaseUnavailable(error)) throw error;
    const failure = new SweepFailedError(claimed.aggregate, claimed.subject, error);
    await putOff(dataSource, failure);
    throw failure;
  }
}

interface Claim {
  aggregate: string;
  subject: string;
}

async function claim(tx: Transaction, database: ServiceDatabase): Promise<Claim | undefined> {
  const [found] = await query<Claim>(
    tx,
    `select aggregate, subject
       from reference_sweeps as sweep
      where completed_at is null${awaitsNothing(database)}
        and (failures = 0 or updated_at < now() - make_interval(secs => 2 ^ least(failures, 6)))
      order by updated_at
      limit 1
        for update skip locked`,
  );
  return found;
}

/** As further conditions on `sweep`. */
function awaitsNothing({ awaits = {} }: ServiceDatabase): string {
  return Object.entries(awaits)
    .map(
      ([aggregate, work]) => `
        and (sweep.aggregate <> ${literal(aggregate)} or not exists (${work}))`,
    )
    .join('');
}

/** What this batch removed, without zeros: empty when a whole pass found nothing. */
async function removeBatch(
  tx: Transaction,
  batches: readonly SweepBatch[],
  { subject }: Claim,
  limit: number,
): Promise<Record<string, number>> {
  const removed: Record<string, number> = {};
  let left = limit;
  for (const batch of batches) {
    for (const [what, rows] of Object.entries(await batch(tx, subject, left))) {
      if (rows > 0) removed[what] = (removed[what] ?? 0) + rows;
      left -= rows;
    }
    if (left <= 0) break;
  }
  return removed;
}

function batchesOf(database: ServiceDatabase, aggregate: string, { everywhere }: SweepOptions): SweepBatch[] {
  const declarations = referenceDeclarations(database).filter((one) => one.aggregate === aggregate);
  const own = database.sweeps?.[aggregate];
  const common = everywhere?.[aggregate];
  return [
    ...(['cascade', 'set null', 'keep'] as const).flatMap((onDelete) =>
      declarations
        .filter((one) => one.onDelete === onDelete)
        .flatMap((one) => database.cascades?.[`${one.table}.${one.column}`] ?? plainBatch(one) ?? []),
    ),
    ...(own ? [own] : []),
    ...(common ? [common] : []),
  ];
}

/** The policy as declared; none for `keep`. */
function plainBatch({ table, column, onDelete }: ReferenceDeclaration): SweepBatch | null {
  if (onDelete === 'keep') return null;
  const [rows, referrer] = [identifier(table), identifier(column)];
  const change = onDelete === 'cascade' ? `delete from ${rows}` : `update ${rows} set ${referrer} = null`;
  return async (tx, id, limit) => {
    // Two statements, since the second sees what was committed before the first had its locks; in one, a row that
    // somebody was just changing would be missed.
    const locked = await query<{ place: string }>(
      tx,
      `select ctid::text as place
         from ${rows}
        where ${referrer} = $1
        limit $2
          for update`,
      [id, limit],
    );
    if (locked.length === 0) return {};
    await query(tx, `${change} where ctid = any($1::tid[]) and ${referrer} = $2`, [
      locked.map(({ place }) => place),
      id,
    ]);
    return { [`${table}.${column}`]: locked.length };
  };
}

async function count(tx: Transaction, { aggregate, subject }: Claim, removed: Record<string, number>) {
  await query(
    tx,
    `update reference_sweeps as sweep
        set removed = sweep.removed || (
              select jsonb_object_agg(what, coalesce((sweep.removed ->> what)::bigint, 0) + rows::bigint)
                from jsonb_each_text($3::jsonb) as batch (what, rows)
            ),
            batches = batches + 1,
            longest_lock_ms = greatest(longest_lock_ms, ${elapsedMs}),
            failures = 0,
            last_error = null
      where aggregate = $1
        and subject = $2`,
    [aggregate, subject, JSON.stringify(removed)],
  );
}

/** `now()` is when the transaction began, before its first lock. */
const elapsedMs = 'ceil(extract(epoch from clock_timestamp() - now()) * 1000)::integer';

/**
 * Undefined where it has to wait after all: who claimed may have looked just before another batch of the same sweep,
 * which began the work, was committed.
 */
async function complete(
  tx: Transaction,
  database: ServiceDatabase,
  { aggregate, subject }: Claim,
): Promise<CompletedSweep | undefined> {
  const [row] = await query<{
    version: number;
    requested_at: Date;
    removed: Record<string, number>;
    batches: number;
    longest_lock_ms: number;
  }>(
    tx,
    `update reference_sweeps as sweep
        set completed_at = clock_timestamp(),
            longest_lock_ms = greatest(longest_lock_ms, ${elapsedMs}),
            failures = 0,
            last_error = null
      where aggregate = $1
        and subject = $2${awaitsNothing(database)}
     returning version, requested_at, removed, batches, longest_lock_ms`,
    [aggregate, subject],
  );
  if (!row) return undefined;
  const { version, requested_at, removed, batches, longest_lock_ms } = row;
  return {
    aggregate,
    subject,
    version,
    requestedAt: requested_at,
    removed,
    batches,
    longestLockMs: longest_lock_ms,
  };
}

async function putOff(dataSource: DataSource, { aggregate, subject, cause }: SweepFailedError) {
  await query(
    dataSource,
    `update reference_sweeps
        set failures = failures + 1,
            last_error = $3
      where aggregate = $1
        and subject = $2`,
    [aggregate, subject, cause instanceof Error ? cause.message : String(cause)],
  );
}
