import { type DataSource, type EntityManager, query } from '@hivesync/database';
import { horizon, horizonTable, order, place, placeOf, placeTable } from '../epochs.ts';
import type { FeedPosition } from '../position.ts';
import { storedPosition } from './cursor.ts';

export interface ConsumerStatus {
  source: string;
  /** Null: nothing has been applied yet, or everything is being replayed. */
  cursor: FeedPosition | null;
  lastEventAt: Date | null;
  /** Events of this source that are set aside. */
  parked: number;
}

/** How far the service whose database this is has read each of its sources. */
export async function consumerStatus(source: DataSource | EntityManager): Promise<ConsumerStatus[]> {
  return query<ConsumerStatus>(
    source,
    `select cursors.source,
            ${storedPosition('cursors')} as cursor,
            cursors.last_event_at as "lastEventAt",
            count(parked.event_id)::integer as parked
     from event_cursors as cursors
     left join parked_events as parked on parked.source = cursors.source
     group by cursors.source
     order by cursors.source`,
  );
}

export interface Backlog {
  /** Events that could be read now. */
  behind: number;
  /** Events that a transaction still running somewhere in the database cluster holds back. */
  held: number;
  /** The event at the position is not in this history: the reader has to go back first, which it does by itself. */
  setBack: boolean;
}

/** What of the outbox in this database follows a position. Counts each event: for commands, not for metrics. */
export async function backlogAfter(
  source: DataSource | EntityManager,
  after: FeedPosition | null,
): Promise<Backlog> {
  const [row] = await query<Backlog>(
    source,
    `with ${horizonTable}, ${placeTable}
     select count(*) filter (where ${order} < ${horizon})::integer as behind,
            count(*) filter (where ${order} >= ${horizon})::integer as held,
            $3::text is not null
              and not exists (select from outbox where ${order} = ${place}) as "setBack"
     from outbox
     where (select epoch from place) is null
        or ${order} > ${place}`,
    placeOf(after),
  );
  return row!;
}
