import { type DataSource, type EntityManager, query, type Transaction } from '@hivesync/database';
import { type FeedPosition, formatPosition, parsePosition } from './position.ts';

/**
 * Notes that `consumer` reads after a position, and so has committed everything up to it. A consumer that
 * starts again from the beginning (null) holds retention back until it has caught up.
 */
export async function recordReader(
  source: DataSource | EntityManager,
  consumer: string,
  after: FeedPosition | null,
): Promise<void> {
  const at = after === null ? null : parsePosition(after);
  await query(
    source,
    `insert into feed_readers as reader (consumer, transaction_id, position)
     values ($1, $2::xid8, $3::bigint)
     on conflict (consumer) do update
     set transaction_id = excluded.transaction_id,
         position = excluded.position,
         seen_at = now()
     where (reader.transaction_id, reader.position) is distinct from (excluded.transaction_id, excluded.position)
        or reader.seen_at < now() - interval '1 minute'`,
    [consumer, at?.transactionId ?? null, at?.position ?? null],
  );
}

export interface FeedReader {
  consumer: string;
  /** Null: it has not acknowledged anything, or replays. */
  acknowledged: FeedPosition | null;
  seenAt: Date;
}

/** Everyone who has ever read this service's feed, the slowest first. */
export async function feedReaders(source: DataSource | EntityManager): Promise<FeedReader[]> {
  const rows = await query<{
    consumer: string;
    transaction_id: string | null;
    position: string | null;
    seen_at: Date;
  }>(
    source,
    `select consumer, transaction_id, position, seen_at
     from feed_readers
     order by transaction_id nulls first, position nulls first, consumer`,
  );
  return rows.map(({ consumer, transaction_id: transactionId, position, seen_at: seenAt }) => ({
    consumer,
    acknowledged:
      transactionId === null || position === null ? null : formatPosition({ transactionId, position }),
    seenAt,
  }));
}

/** Lets retention pass a consumer that is gone for good. Should it come back, it may have missed events. */
export async function forgetReader(source: DataSource | EntityManager, consumer: string): Promise<void> {
  await query(source, 'delete from feed_readers where consumer = $1', [consumer]);
}

export interface PruneOptions {
  /** Events written before this moment may go. */
  olderThan: Date;
  /** Consumers that must have acknowledged them even if they have never been seen here. */
  consumers?: readonly string[];
  /** Rows in one transaction, default 1,000. */
  batch?: number;
  signal?: AbortSignal;
}

export interface PruneReport {
  deleted: number;
  /** The consumer at which retention ends; null where nobody has ever read. Nothing after it was deleted. */
  slowest: string | null;
}

/**
 * Deletes what is both older than the policy and acknowledged by every consumer, oldest first, in batches
 * of one short transaction each. With no consumer known it deletes nothing.
 */
export async function pruneOutbox(dataSource: DataSource, options: PruneOptions): Promise<PruneReport> {
  const { olderThan, consumers = [], batch = 1_000, signal } = options;
  const readers = await feedReaders(dataSource);
  const unseen = consumers.find((name) => !readers.some(({ consumer }) => consumer === name));
  if (unseen !== undefined) return { deleted: 0, slowest: unseen };
  const slowest = readers[0];
  if (!slowest) return { deleted: 0, slowest: null };
  if (slowest.acknowledged === null) return { deleted: 0, slowest: slowest.consumer };
  const { transactionId, position } = parsePosition(slowest.acknowledged);
  let deleted = 0;
  for (;;) {
    const rows = await query<{ position: string }>(
      dataSource,
      `delete from outbox
       using (
         select transaction_id, position, created_at
         from outbox
         where (transaction_id, position) <= ($1::xid8, $2::bigint)
         order by transaction_id, position
         limit $4
       ) as oldest
       where outbox.transaction_id = oldest.transaction_id
         and outbox.position = oldest.position
         and oldest.created_at < $3
       returning outbox.position`,
      [transactionId, position, olderThan, batch],
    );
    deleted += rows.length;
    if (rows.length < batch || signal?.aborted) return { deleted, slowest: slowest.consumer };
  }
}

/**
 * After a restore from a dump: gives all events a transaction id of this database, so that new ones sort
 * behind them. Needs the owner's role, and the services stopped. Every consumer has to replay afterwards,
 * hence acknowledgements are forgotten. The order within each aggregate is kept: it is that of positions.
 */
export async function rebaseOutbox(tx: Transaction): Promise<void> {
  await query(tx, 'update outbox set transaction_id = pg_current_xact_id()');
  await query(tx, 'update feed_readers set transaction_id = null, position = null');
}
