import { ApiError, type CloudEvent, type EventId, type UserId } from '@hivesync/contracts';
import { type DataSource, type EntityManager, query } from '@hivesync/database';
import type { FeedItem, FeedPage } from './feed-page.ts';
import { type HeldRow, heldColumns, heldTables, toHeld } from './held.ts';
import type { OutboxSignal } from './outbox-signal.ts';
import { type FeedPosition, formatPosition, parsePosition } from './position.ts';
import { recordReader } from './retention.ts';

export const maxPageLength = 1_000;
export const maxWaitSeconds = 30;

/**
 * The transaction ids of this database started again below those that it stored or gave out: it was
 * restored from a dump. Reading on would skip events silently, so nothing is read until `rebaseOutbox`
 * ran here and each consumer replays.
 */
export class FeedRestartedError extends ApiError {
  constructor() {
    super('CONFLICT', { detail: 'The feed restarted below this position; rebase its outbox and replay' });
    this.name = 'FeedRestartedError';
  }
}

/**
 * The events that follow `after` (null: from the oldest kept), in order, in one statement and one snapshot.
 * Only events of transactions older than every running one are shown, so nothing that commits
 * late can ever appear before a position that was given out. `limit` is 1 to 1,000.
 * Throws `MALFORMED_CURSOR` and {@link FeedRestartedError}.
 */
export async function readFeed(
  source: DataSource | EntityManager,
  after: FeedPosition | null,
  limit: number,
): Promise<FeedPage> {
  const { transactionId, position } = after === null ? origin : parsePosition(after);
  if (!Number.isInteger(limit) || limit < 1 || limit > maxPageLength) {
    throw new RangeError(`A page holds 1 to ${maxPageLength} events, not ${limit}`);
  }
  const rows = await query<FeedRow>(source, feedQuery, [transactionId, position, limit]);
  const first = rows[0]!;
  if (first.restarted) throw new FeedRestartedError();
  const items = rows.flatMap((row) => (row.transaction_id === null ? [] : [toItem(row, row.transaction_id)]));
  const head =
    first.head_transaction_id === null || first.head_position === null
      ? null
      : { transactionId: first.head_transaction_id, position: first.head_position };
  const last = items.at(-1)?.position ?? after;
  return {
    items,
    head: head && formatPosition(head),
    remaining: head ? distance(last, head) : 0,
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
  if (after !== null) parsePosition(after);
  if (consumer !== undefined) await recordReader(feed.dataSource, consumer, after);
  for (let rereads = 0; ; ) {
    const { generation } = feed.signal;
    const page = await readFeed(feed.dataSource, after, limit);
    const held = page.held !== undefined && page.held.events > 0;
    const left = deadline - Date.now();
    if (page.items.length > 0 || left <= 0 || signal?.aborted) return page;
    const longest = held ? Math.min(left, 5 * 2 ** Math.min(rereads, 5)) : left;
    rereads = held ? rereads + 1 : 0;
    await feed.signal.wait(generation, longest, signal);
  }
}

interface FeedRow extends HeldRow {
  service: string;
  head_transaction_id: string | null;
  head_position: string | null;
  restarted: boolean;
  transaction_id: string | null;
  position: string;
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

const origin = { transactionId: '0', position: '0' };

/** A running transaction always sees its own rows: they are not a sign of a restart. */
const feedQuery = `
  with horizon as materialized (
    select pg_snapshot_xmax(pg_current_snapshot()) as xmax
  ), ${heldTables}, head as (
    select transaction_id, position
    from outbox
    where transaction_id < pg_snapshot_xmin(pg_current_snapshot())
    order by transaction_id desc, position desc
    limit 1
  ), page as (
    select *
    from outbox
    where (transaction_id, position) > ($1::xid8, $2::bigint)
      and transaction_id < pg_snapshot_xmin(pg_current_snapshot())
    order by transaction_id, position
    limit $3
  )
  select
    current_schema() as service,
    head.transaction_id as head_transaction_id,
    head.position as head_position,
    $1::xid8 >= xmax or coalesce(
      newest.transaction_id >= xmax
        and newest.transaction_id is distinct from pg_current_xact_id_if_assigned(),
      false
    ) as restarted,
    ${heldColumns},
    page.transaction_id,
    page.position,
    page.id,
    page.type,
    page.subject,
    page.aggregate_version,
    page.actor_id,
    host(page.client_ip) as client_ip,
    page.request_id,
    page.data,
    page.occurred_at
  from horizon
  left join newest on true
  left join first_held on true
  left join head on true
  left join page on true
  order by page.transaction_id, page.position`;

function toItem(row: FeedRow, transactionId: string): FeedItem {
  const event: CloudEvent = {
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
  return { position: formatPosition({ transactionId, position: row.position }), event };
}

/** Positions are handed out one by one, so their difference is nearly the count, and costs nothing. */
function distance(from: FeedPosition | null, head: { transactionId: string; position: string }): number {
  if (from === formatPosition(head)) return 0;
  const at = from === null ? origin : parsePosition(from);
  const beyond =
    BigInt(at.transactionId) > BigInt(head.transactionId) ||
    (at.transactionId === head.transactionId && BigInt(at.position) >= BigInt(head.position));
  return beyond ? 0 : Math.max(1, Number(BigInt(head.position) - BigInt(at.position)));
}
