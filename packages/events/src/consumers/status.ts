import { type DataSource, type EntityManager, query } from '@hivesync/database';
import { type FeedPosition, parsePosition } from '../position.ts';

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
            cursors.cursor,
            cursors.last_event_at as "lastEventAt",
            count(parked.event_id)::integer as parked
     from event_cursors as cursors
     left join parked_events as parked on parked.source = cursors.source
     group by cursors.source, cursors.cursor, cursors.last_event_at
     order by cursors.source`,
  );
}

export interface Backlog {
  /** Events that could be read now. */
  behind: number;
  /** Events that a transaction still running somewhere in the database cluster holds back. */
  held: number;
}

/** What of the outbox in this database follows a position. Counts each event: for commands, not for metrics. */
export async function backlogAfter(
  source: DataSource | EntityManager,
  after: FeedPosition | null,
): Promise<Backlog> {
  const { transactionId, position } =
    after === null ? { transactionId: '0', position: '0' } : parsePosition(after);
  const [row] = await query<Backlog>(
    source,
    `select count(*) filter (where transaction_id < pg_snapshot_xmin(pg_current_snapshot()))::integer as behind,
            count(*) filter (where transaction_id >= pg_snapshot_xmin(pg_current_snapshot()))::integer as held
     from outbox
     where (transaction_id, position) > ($1::xid8, $2::bigint)`,
    [transactionId, position],
  );
  return row!;
}
