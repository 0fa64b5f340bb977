import { type DataSource, type EntityManager, query } from '@hivesync/database';
import { type Static, Type } from 'typebox';
import { horizon, horizonTable, order } from './epochs.ts';

/** What is committed but must not be read yet, since an older transaction is still running. */
export const HeldSchema = Type.Object(
  {
    events: Type.Integer({ minimum: 0, description: 'About how many events wait; 0 is exact' }),
    seconds: Type.Number({ minimum: 0, description: 'Since the first of them happened' }),
  },
  { description: 'Events that are committed, but held back by a transaction that runs for longer' },
);
export type Held = Static<typeof HeldSchema>;

/** The horizon, and rows of the feed's newest event and of the first one held back: one step in an index each. */
export const heldTables = `${horizonTable}, newest as (
    select position
    from outbox
    order by epoch desc, transaction_id desc, position desc
    limit 1
  ), first_held as (
    select position, occurred_at
    from outbox
    where ${order} >= ${horizon}
    order by epoch, transaction_id, position
    limit 1
  )`;

/** Positions are handed out one by one, so their difference is nearly the count, however many there are. */
export const heldColumns = `
    case when first_held.position is null then 0
         else greatest(1, newest.position - first_held.position + 1)
    end as held_events,
    coalesce(greatest(0, extract(epoch from clock_timestamp() - first_held.occurred_at)), 0) as held_seconds`;

/** Both as the driver gives them: text, as they are bigint and numeric. */
export interface HeldRow {
  held_events: string;
  held_seconds: string;
}

export const toHeld = ({ held_events: events, held_seconds: seconds }: HeldRow): Held => ({
  events: Number(events),
  seconds: Number(seconds),
});

/**
 * What a service's own feed holds back. Milliseconds are normal; more means that a transaction which has
 * written stays open somewhere on the server, and that every reader of this feed waits for it.
 */
export async function heldEvents(source: DataSource | EntityManager): Promise<Held> {
  const [row] = await query<HeldRow>(
    source,
    `with ${heldTables}
     select ${heldColumns}
     from (select) as always
     left join newest on true
     left join first_held on true`,
  );
  return toHeld(row!);
}
