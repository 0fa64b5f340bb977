import { type DataSource, type EntityManager, query, type Transaction } from '@hivesync/database';
import type { FeedPosition } from '../position.ts';

/**
 * One consumer at a time for each (service, source) of a database. The lock belongs to the transaction, not
 * to the session, so that it works behind a transaction pooler.
 */
const lockKey = `hashtextextended('hivesync.consumer ' || current_schema() || ' ' || $1, 0)`;

export async function tryConsumerLock(tx: Transaction, source: string): Promise<boolean> {
  const [row] = await query<{ held: boolean }>(tx, `select pg_try_advisory_xact_lock(${lockKey}) as held`, [
    source,
  ]);
  return row!.held;
}

/** For commands: waits (at most lock_timeout) until the running consumer has committed its batch. */
export async function consumerLock(tx: Transaction, source: string): Promise<void> {
  await query(tx, `select pg_advisory_xact_lock(${lockKey})`, [source]);
}

export interface Cursor {
  source: string;
  cursor: FeedPosition | null;
  last_event_at: Date | null;
}

/** Makes the cursor when there is none: at the beginning of the feed. */
export async function readCursor(dataSource: DataSource, source: string): Promise<FeedPosition | null> {
  const read = (): Promise<Cursor[]> =>
    query<Cursor>(dataSource, 'select cursor from event_cursors where source = $1', [source]);
  const [known] = await read();
  if (known) return known.cursor;
  await query(
    dataSource,
    `insert into event_cursors (source)
     values ($1)
     on conflict (source) do nothing`,
    [source],
  );
  const [made] = await read();
  return made?.cursor ?? null;
}

export async function readCursors(source: DataSource | EntityManager): Promise<Cursor[]> {
  return query<Cursor>(source, 'select source, cursor, last_event_at from event_cursors order by source');
}

/** Locks the cursor and says whether it still is where the batch was read from. */
export async function lockCursorAt(
  tx: Transaction,
  source: string,
  expected: FeedPosition | null,
): Promise<boolean> {
  const [row] = await query<Pick<Cursor, 'cursor'>>(
    tx,
    `select cursor
     from event_cursors
     where source = $1
     for update`,
    [source],
  );
  return row !== undefined && row.cursor === expected;
}

export async function moveCursor(
  tx: Transaction,
  source: string,
  to: FeedPosition | null,
  lastEventAt: string | null,
): Promise<void> {
  await query(
    tx,
    `update event_cursors
     set cursor = $2,
         last_event_at = coalesce($3::timestamptz, last_event_at)
     where source = $1`,
    [source, to, lastEventAt],
  );
}
