import { type DataSource, type EntityManager, query } from '@hivesync/database';
import { order, placeOf, placeTable } from './epochs.ts';
import { type FeedPosition, formatPosition } from './position.ts';

/**
 * Notes that `consumer` reads after a position, and so has committed everything up to it. A consumer that
 * starts again from the beginning (null) holds retention back until it has caught up.
 */
export async function recordReader(
  source: DataSource | EntityManager,
  consumer: string,
  after: FeedPosition | null,
): Promise<void> {
  await query(
    source,
    `with ${placeTable}
     insert into feed_readers as reader (consumer, epoch, transaction_id, position)
     select $4, place.epoch, nullif($1::xid8, '0'), nullif($2::bigint, 0)
     from place
     where place.epoch is not null
     on conflict (consumer) do update
     set epoch = excluded.epoch,
         transaction_id = excluded.transaction_id,
         position = excluded.position,
         seen_at = now()
     where (reader.epoch, reader.transaction_id, reader.position)
             is distinct from (excluded.epoch, excluded.transaction_id, excluded.position)
        or reader.seen_at < now() - interval '1 minute'`,
    [...placeOf(after), consumer],
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
    epoch: string | null;
    seen_at: Date;
  }>(
    source,
    `select consumer, transaction_id, position, tag as epoch, seen_at
     from feed_readers as reader
     left join feed_epochs using (epoch)
     order by ${slowestFirst}, consumer`,
  );
  return rows.map(({ consumer, transaction_id: transactionId, position, epoch, seen_at: seenAt }) => ({
    consumer,
    acknowledged:
      transactionId === null || position === null ? null : formatPosition({ transactionId, position, epoch }),
    seenAt,
  }));
}

/** Whoever has acknowledged nothing is slower than all. */
const slowestFirst =
  'reader.transaction_id is not null, reader.epoch, reader.transaction_id, reader.position';

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
 * of one short transaction each. With no consumer known it deletes nothing. The event at which the slowest consumer
 * stands is kept: by it the feed knows that the consumer is of its history.
 */
export async function pruneOutbox(dataSource: DataSource, options: PruneOptions): Promise<PruneReport> {
  const { olderThan, consumers = [], batch = 1_000, signal } = options;
  const readers = await feedReaders(dataSource);
  const unseen = consumers.find((name) => !readers.some(({ consumer }) => consumer === name));
  if (unseen !== undefined) return { deleted: 0, slowest: unseen };
  const slowest = readers[0];
  if (!slowest) return { deleted: 0, slowest: null };
  let deleted = 0;
  for (;;) {
    // The slowest is asked for in the same statement: another server may have taken over since.
    const rows = await query<{ position: string }>(
      dataSource,
      `delete from outbox
       using (
         select transaction_id, position, created_at
         from outbox
         where ${order} < (
           select epoch, transaction_id, position
           from feed_readers as reader
           order by ${slowestFirst}
           limit 1
         )
         order by epoch, transaction_id, position
         limit $2
       ) as oldest
       where outbox.transaction_id = oldest.transaction_id
         and outbox.position = oldest.position
         and oldest.created_at < $1
       returning outbox.position`,
      [olderThan, batch],
    );
    deleted += rows.length;
    if (rows.length < batch || signal?.aborted) return { deleted, slowest: slowest.consumer };
  }
}
