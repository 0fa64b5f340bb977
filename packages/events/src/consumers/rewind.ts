import { feedRewound } from '@hivesync/contracts';
import {
  type DataSource,
  query,
  type ServiceDatabase,
  type Transaction,
  transaction,
} from '@hivesync/database';
import { type FeedPosition, parsePosition } from '../position.ts';
import { publish } from '../publish.ts';
import { formerPositions, lockCursorAt, setCursorBack } from './cursor.ts';

export interface Rewind {
  dataSource: DataSource;
  database: ServiceDatabase;
  source: string;
  /** Where the cursor stands, and the source has no event any more. */
  from: FeedPosition;
  /** The newest event up to there that the source still has of that epoch, if any. */
  to: FeedPosition | null;
}

/**
 * Puts a cursor back to where its own history and the source's parted: to the newest event that both have. Where the
 * source has none of the cursor's epoch, it goes to where it left the epoch before, and from there the source says again;
 * where there is none before, to the beginning. Events that were parked from the lost part are dropped: those that
 * the source still has come again. Publishes `<service>.feed.rewound`, all in one transaction.
 * @returns where the cursor is now; undefined where another consumer was at work, and nothing was changed
 */
export async function rewind(rewind: Rewind): Promise<FeedPosition | null | undefined> {
  const { dataSource, database, source, from } = rewind;
  return transaction(dataSource, async (tx) => {
    if ((await lockCursorAt(tx, source, from)) !== 'locked') return undefined;
    const former = await formerPositions(tx, source);
    const to = rewind.to ?? former.shift() ?? null;
    await setCursorBack(tx, source, to, former);
    await dropParked(tx, source, from, to);
    await publish(tx, feedRewound(database.service), {
      subject: source,
      version: 0,
      data: { source, from, to },
    });
    return to;
  });
}

async function dropParked(
  tx: Transaction,
  source: string,
  from: FeedPosition,
  to: FeedPosition | null,
): Promise<void> {
  const parked = await query<{ event_id: string; position: FeedPosition }>(
    tx,
    'select event_id, position from parked_events where source = $1',
    [source],
  );
  const dropped = parked.filter(({ position }) => to === null || !precedes(position, from, to));
  await query(tx, 'delete from parked_events where source = $1 and event_id = any($2)', [
    source,
    dropped.map(({ event_id: id }) => id),
  ]);
}

/** Whether a position that was read before `from` lies at or before `to`, to which the cursor went back. */
function precedes(position: FeedPosition, from: FeedPosition, to: FeedPosition): boolean {
  const [parked, start, end] = [position, from, to].map(parsePosition) as [Parsed, Parsed, Parsed];
  if (parked.epoch !== end.epoch) return parked.epoch !== start.epoch;
  const [ours, theirs] = [BigInt(parked.transactionId), BigInt(end.transactionId)];
  return ours < theirs || (ours === theirs && BigInt(parked.position) <= BigInt(end.position));
}

type Parsed = ReturnType<typeof parsePosition>;
