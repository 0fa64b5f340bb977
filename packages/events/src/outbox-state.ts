import { type DataSource, type EntityManager, query } from '@hivesync/database';
import { type Held, type HeldRow, heldColumns, heldTables, toHeld } from './held.ts';

export interface OutboxState {
  /** About how many rows: positions are handed out one by one, so what lies between two is nearly their difference. */
  rows: number;
  /** With indexes. */
  bytes: number;
  /** Age of the oldest row; 0 where there is none. */
  oldestSeconds: number;
  held: Held;
}

const oldestTable = `
  oldest as (
    select position, created_at
    from outbox
    order by epoch, transaction_id, position
    limit 1
  )`;

/** How much a service's own outbox holds. Some steps in its primary key, however long its history is. */
export async function outboxState(source: DataSource | EntityManager): Promise<OutboxState> {
  const [row] = await query<HeldRow & { rows: string; bytes: string; oldest_seconds: string }>(
    source,
    `with ${heldTables}, ${oldestTable}
     select ${heldColumns},
            coalesce(greatest(0, newest.position - oldest.position + 1), 0) as rows,
            coalesce(greatest(0, extract(epoch from now() - oldest.created_at)), 0) as oldest_seconds,
            pg_total_relation_size('outbox') as bytes
     from (select) as always
     left join newest on true
     left join oldest on true
     left join first_held on true`,
  );
  const { rows, bytes, oldest_seconds: oldestSeconds } = row!;
  return {
    rows: Number(rows),
    bytes: Number(bytes),
    oldestSeconds: Number(oldestSeconds),
    held: toHeld(row!),
  };
}

export interface ReaderLag {
  consumer: string;
  /** About how many events it has not acknowledged. */
  events: number;
  /** Since it last asked; a reader that waits asks at least every minute and a half. */
  seenSecondsAgo: number;
}

/** No service has so many readers; a table that somebody filled must not become so many time series. */
const readersAtMost = 50;

/** How far everyone who has ever read this service's outbox is behind it, by a few steps in its primary key. */
export async function readerLags(source: DataSource | EntityManager): Promise<ReaderLag[]> {
  const rows = await query<{ consumer: string; events: string; seen_seconds_ago: string }>(
    source,
    `with ${heldTables}, ${oldestTable}
     select reader.consumer,
            coalesce(
              greatest(0, newest.position - greatest(coalesce(reader.position, 0), oldest.position - 1)),
              0
            ) as events,
            greatest(0, extract(epoch from now() - reader.seen_at)) as seen_seconds_ago
     from feed_readers as reader
     left join newest on true
     left join oldest on true
     order by events desc, reader.consumer
     limit ${readersAtMost}`,
  );
  return rows.map(({ consumer, events, seen_seconds_ago: seenSecondsAgo }) => ({
    consumer,
    events: Number(events),
    seenSecondsAgo: Number(seenSecondsAgo),
  }));
}
