import { type DataSource, type EntityManager, query, type Transaction } from '@hivesync/database';
import type { FeedItem } from '../feed-page.ts';
import { withoutAddressOfDeleted } from '../forgetting/forget-person.ts';

/**
 * failed: its handler did; invalid: it does not fit its schema; unknown: this release does not know its type; behind: an
 * earlier one of its subject is parked.
 */
export type ParkReason = 'failed' | 'invalid' | 'unknown' | 'behind';

export interface ParkedEvent {
  source: string;
  event_id: string;
  position: string;
  type: string;
  subject: string;
  reason: ParkReason;
  error: string;
  attempts: number;
  event: unknown;
  parked_at: Date;
}

export interface ParkedFilter {
  source?: string;
  subject?: string;
  type?: string;
}

/** Which of the subjects have events parked, and so must wait behind them: with the reason of the first. */
export async function parkedSubjects(
  tx: Transaction,
  source: string,
  subjects: readonly string[],
): Promise<Map<string, ParkReason>> {
  const rows = await query<{ subject: string; reason: ParkReason }>(
    tx,
    `select distinct on (subject) subject, reason
     from parked_events
     where source = $1
       and subject = any($2)
     order by subject, ordinal`,
    [source, subjects],
  );
  return new Map(rows.map(({ subject, reason }) => [subject, reason]));
}

/** How many events of a source are kept since their type is not known; not counted beyond `atMost`. */
export async function countUnknown(tx: Transaction, source: string, atMost: number): Promise<number> {
  const [row] = await query<{ events: number }>(
    tx,
    `select count(*)::integer as events
     from (select from parked_events where source = $1 and reason = 'unknown' limit $2) as kept`,
    [source, atMost],
  );
  return row!.events;
}

/** How many events of each source are parked; none is missing from it. By an index alone. */
export async function countParked(source: DataSource | EntityManager): Promise<Map<string, number>> {
  const rows = await query<{ source: string; events: string }>(
    source,
    'select source, count(*) as events from parked_events group by source',
  );
  return new Map(rows.map(({ source: from, events }) => [from, Number(events)]));
}

export async function park(
  tx: Transaction,
  source: string,
  item: FeedItem,
  why: { reason: ParkReason; error: string; attempts: number },
): Promise<void> {
  const { id, type, subject } = describe(item);
  await query(
    tx,
    `insert into parked_events (source, event_id, position, type, subject, reason, error, attempts, event)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (source, event_id) do update
     set position = excluded.position,
         reason = excluded.reason,
         error = excluded.error,
         attempts = excluded.attempts`,
    [
      source,
      id,
      item.position,
      type,
      subject,
      why.reason,
      storable(why.error),
      why.attempts,
      JSON.stringify(await withoutAddressOfDeleted(tx, item.event)),
    ],
  );
}

/** Id, type and subject of what may be no event at all. */
export function describe({ position, event }: FeedItem): { id: string; type: string; subject: string } {
  const fields: Record<string, unknown> = typeof event === 'object' && event !== null ? { ...event } : {};
  const text = (value: unknown): string => (typeof value === 'string' ? storable(value) : '');
  return {
    id: text(fields.id) || `position ${position}`,
    type: text(fields.type),
    subject: text(fields.subject),
  };
}

/** PostgreSQL's text takes everything but NUL and lone surrogates. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed().slice(0, 4_000);
}

/** Of the parameters of {@link filterParameters}. */
export const matches = `($1::text is null or source = $1)
       and ($2::text is null or subject = $2)
       and ($3::text is null or type = $3)`;

/** The parked events that match, in the order in which they will be retried; 1,000 at most. */
export async function parkedEvents(
  source: DataSource | EntityManager,
  filter: ParkedFilter = {},
): Promise<ParkedEvent[]> {
  return query<ParkedEvent>(
    source,
    `select source, event_id, position, type, subject, reason, error, attempts, event, parked_at
     from parked_events
     where ${matches}
     order by ordinal
     limit 1000`,
    filterParameters(filter),
  );
}

export async function unpark(
  source: DataSource | EntityManager,
  from: string,
  eventId: string,
): Promise<boolean> {
  const rows = await query(
    source,
    'delete from parked_events where source = $1 and event_id = $2 returning event_id',
    [from, eventId],
  );
  return rows.length > 0;
}

export const filterParameters = ({ source, subject, type }: ParkedFilter): (string | null)[] => [
  source ?? null,
  subject ?? null,
  type ?? null,
];

/** Gives one parked event up: it will never be applied. What waits behind it can then be retried. */
export async function discardParked(
  dataSource: DataSource,
  source: string,
  eventId: string,
): Promise<boolean> {
  return unpark(dataSource, source, eventId);
}
