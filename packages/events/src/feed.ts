import type { CloudEvent, EventId, UserId } from '@hivesync/contracts';
import { type DataSource, type EntityManager, query } from '@hivesync/database';
import { horizon, order, place, placeOf, placeTable } from './epochs.ts';
import type { FeedPage } from './feed-page.ts';
import { type HeldRow, heldColumns, heldTables, toHeld } from './held.ts';
import type { OutboxSignal } from './outbox-signal.ts';
import { type FeedPosition, formatPosition } from './position.ts';
import { recordReader } from './retention.ts';
import { FeedSetBackError } from './set-back.ts';

export const maxPageLength = 1_000;
export const maxWaitSeconds = 30;

/**
 * The events that follow `after` (null: from the oldest kept), in order, in one statement and one snapshot.
 * Only events of transactions older than every running one are shown, so nothing that commits
 * late can ever appear before a position that was given out. `limit` is 1 to 1,000.
 * Throws `MALFORMED_CURSOR` and {@link FeedSetBackError}.
 */
export async function readFeed(
  source: DataSource | EntityManager,
  after: FeedPosition | null,
  limit: number,
): Promise<FeedPage> {
  const parameters = placeOf(after);
  if (!Number.isInteger(limit) || limit < 1 || limit > maxPageLength) {
    throw new RangeError(`A page holds 1 to ${maxPageLength} events, not ${limit}`);
  }
  const rows = await query<FeedRow>(source, feedQuery, [...parameters, limit]);
  const first = rows[0]!;
  if (!first.intact) throw new FeedSetBackError(at(first, 'survivor'));
  const items = rows.flatMap((row) => {
    const position = at(row, 'item');
    return position === null ? [] : [{ position, event: toEvent(row) }];
  });
  const head = at(first, 'head');
  const last = rows.at(-1)!;
  return {
    items,
    head,
    // Positions are handed out one by one, so their difference is nearly the count, and costs nothing.
    remaining:
      items.length === 0 || head === at(last, 'item')
        ? 0
        : Math.max(1, Number(BigInt(first.head_position!) - BigInt(last.item_position!))),
    held: toHeld(first),
  };
}

/** A service's own outbox, as it is served to others. */
export interface Feed {
  dataSource: DataSource;
  signal: OutboxSignal;
}

export interface LongPollOptions {
  after: FeedPosition | null;
  /** 1 to 1,000 events. */
  limit: number;
  /** 0 to 30 s; more counts as 30. */
  waitSeconds: number;
  /** The service that reads, by its verified token. What it reads after, it has committed: see retention. */
  consumer?: string | undefined;
  /** Aborts the wait, not the statement: the answer is then what there is, maybe nothing. */
  signal?: AbortSignal | undefined;
}

/**
 * As {@link readFeed}, but waits for a first event. An event that is committed but still behind an older
 * running transaction gives no further notification, hence the short re-reads while there is one.
 */
export async function longPoll(feed: Feed, options: LongPollOptions): Promise<FeedPage> {
  const { after, limit, consumer, signal } = options;
  const deadline = Date.now() + Math.min(Math.max(options.waitSeconds, 0), maxWaitSeconds) * 1_000;
  for (let reads = 0, rereads = 0; ; reads += 1) {
    const { generation } = feed.signal;
    const page = await readFeed(feed.dataSource, after, limit);
    // Not before the read: a position of a history that was lost is nothing that retention may go by.
    if (reads === 0 && consumer !== undefined) await recordReader(feed.dataSource, consumer, after);
    const held = page.held !== undefined && page.held.events > 0;
    const left = deadline - Date.now();
    if (page.items.length > 0 || left <= 0 || signal?.aborted) return page;
    const longest = held ? Math.min(left, 5 * 2 ** Math.min(rereads, 5)) : left;
    rereads = held ? rereads + 1 : 0;
    await feed.signal.wait(generation, longest, signal);
  }
}

type PlaceName = 'head' | 'survivor' | 'item';
type PlaceColumns = Record<`${PlaceName}_${'transaction_id' | 'position' | 'tag'}`, string | null>;

interface FeedRow extends HeldRow, PlaceColumns {
  service: string;
  intact: boolean;
  id: EventId;
  type: string;
  subject: string;
  aggregate_version: number;
  actor_id: UserId | null;
  client_ip: string | null;
  request_id: string | null;
  data: unknown;
  occurred_at: Date;
}

const placeColumns = (name: PlaceName): string => `
    ${name}.transaction_id as ${name}_transaction_id,
    ${name}.position as ${name}_position,
    (select tag from feed_epochs where epoch = ${name}.epoch) as ${name}_tag`;

/**
 * A position of an earlier release cannot be told from one of a lost history, and counts as intact: it lies before all
 * epochs that it does not know, so nothing of them is missed.
 */
export const feedQuery = `
  with ${heldTables}, ${placeTable}, head as (
    select epoch, transaction_id, position
    from outbox
    where ${order} < ${horizon}
    order by epoch desc, transaction_id desc, position desc
    limit 1
  ), here as (
    select $3::text is null or exists (select from outbox where ${order} = ${place}) as intact
  ), survivor as (
    select epoch, transaction_id, position
    from outbox
    where ${order} <= ${place}
      and epoch = (select epoch from place)
      and not (select intact from here)
    order by epoch desc, transaction_id desc, position desc
    limit 1
  ), item as (
    select *
    from outbox
    where ${order} > ${place}
      and ${order} < ${horizon}
      and (select intact from here)
    order by epoch, transaction_id, position
    limit $4
  )
  select
    current_schema() as service,
    here.intact,
    ${heldColumns},
    ${placeColumns('head')},
    ${placeColumns('survivor')},
    ${placeColumns('item')},
    item.id,
    item.type,
    item.subject,
    item.aggregate_version,
    item.actor_id,
    host(item.client_ip) as client_ip,
    item.request_id,
    item.data,
    item.occurred_at
  from here
  left join newest on true
  left join first_held on true
  left join head on true
  left join survivor on true
  left join item on true
  order by item.epoch, item.transaction_id, item.position`;

/** One of the places that a row tells; null where there is none. */
function at(row: FeedRow, name: PlaceName): FeedPosition | null {
  const transactionId = row[`${name}_transaction_id`];
  const position = row[`${name}_position`];
  if (transactionId === null || position === null) return null;
  return formatPosition({ transactionId, position, epoch: row[`${name}_tag`] });
}

function toEvent(row: FeedRow): CloudEvent {
  return {
    specversion: '1.0',
    id: row.id,
    source: `hivesync/${row.service}`,
    type: row.type,
    subject: row.subject,
    time: row.occurred_at.toISOString(),
    datacontenttype: 'application/json',
    data: row.data,
    aggregateversion: row.aggregate_version,
    ...(row.actor_id !== null && { actorid: row.actor_id }),
    ...(row.client_ip !== null && { clientip: row.client_ip }),
    ...(row.request_id !== null && { requestid: row.request_id }),
  };
}
