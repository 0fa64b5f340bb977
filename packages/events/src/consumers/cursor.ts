import { type DataSource, type EntityManager, query, type Transaction } from '@hivesync/database';
import { type FeedPosition, splitPosition } from '../position.ts';

export interface Cursor {
  source: string;
  cursor: FeedPosition | null;
  last_event_at: Date | null;
}

/**
 * The position, whose two halves are stored apart: code that knows no epochs moves the first alone. Where it has, the
 * second may be of another epoch; the source then says that it has no such event, and the cursor goes back a little.
 */
export const storedPosition = (table: string): string =>
  `${table}.cursor || coalesce('@' || ${table}.epoch, '')`;

/** Makes the cursor when there is none: at the beginning of the feed. */
export async function readCursor(dataSource: DataSource, source: string): Promise<FeedPosition | null> {
  const read = (): Promise<Cursor[]> =>
    query<Cursor>(
      dataSource,
      `select ${storedPosition('event_cursors')} as cursor from event_cursors where source = $1`,
      [source],
    );
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
  return query<Cursor>(
    source,
    `select source, ${storedPosition('event_cursors')} as cursor, last_event_at
     from event_cursors
     order by source`,
  );
}

/** `standby`: another consumer has it; `moved`: it is no longer where the batch was read from. */
export type CursorLock = 'locked' | 'standby' | 'moved';

/**
 * One consumer at a time for each (service, source): the lock is the cursor's own row. It ends with the transaction, so
 * that it works behind a transaction pooler, and nobody without rights on this table can take it.
 */
export async function lockCursorAt(
  tx: Transaction,
  source: string,
  expected: FeedPosition | null,
): Promise<CursorLock> {
  const [row] = await query<Pick<Cursor, 'cursor'>>(
    tx,
    `select ${storedPosition('event_cursors')} as cursor
     from event_cursors
     where source = $1
     for update skip locked`,
    [source],
  );
  if (!row) return 'standby';
  return row.cursor === expected ? 'locked' : 'moved';
}

/** For commands: waits (at most lock_timeout) until the running consumer has committed its batch. */
export async function lockCursor(tx: Transaction, source: string): Promise<void> {
  await query(tx, 'select from event_cursors where source = $1 for update', [source]);
}

/** As many epochs as anybody goes back: servers do not start that often within what an outbox keeps. */
const formerEpochs = 32;

/** Moves the cursor on, and remembers where it leaves an epoch. */
export async function moveCursor(
  tx: Transaction,
  source: string,
  to: FeedPosition,
  lastEventAt: string | null,
): Promise<void> {
  const { place, epoch } = splitPosition(to);
  await query(
    tx,
    `update event_cursors
     set cursor = $2,
         epoch = $3,
         former = case when cursor is not null and epoch is not null and epoch is distinct from $3
                       then (array[${storedPosition('event_cursors')}] || former)[1:${formerEpochs}]
                       else former
                  end,
         last_event_at = coalesce($4::timestamptz, last_event_at)
     where source = $1`,
    [source, place, epoch, lastEventAt],
  );
}

/** Where the cursor left the epochs before its own, the latest first. */
export async function formerPositions(tx: Transaction, source: string): Promise<FeedPosition[]> {
  const [row] = await query<{ former: FeedPosition[] }>(
    tx,
    'select former from event_cursors where source = $1',
    [source],
  );
  return row?.former ?? [];
}

/** Puts the cursor back; null is the beginning. What it had read by then of epochs before is all that it has left. */
export async function setCursorBack(
  tx: Transaction,
  source: string,
  to: FeedPosition | null,
  former: readonly FeedPosition[],
): Promise<void> {
  const { place, epoch } = to === null ? { place: null, epoch: null } : splitPosition(to);
  await query(
    tx,
    `update event_cursors
     set cursor = $2,
         epoch = $3,
         former = $4::text[]
     where source = $1`,
    [source, place, epoch, former],
  );
}
