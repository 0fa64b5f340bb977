import {
  type DataSource,
  type EntityManager,
  query,
  type Transaction,
  transaction,
} from '@hivesync/database';
import type { FeedItem } from '../feed-page.ts';
import { withoutAddressOfDeleted } from '../forgetting/forget-person.ts';
import type { Subscriptions } from '../subscriptions.ts';
import { readEvent } from '../validation.ts';
import { consumerLock } from './cursor.ts';
import { isTransient } from './transient.ts';

/** failed: its handler did; invalid: it does not fit its schema; behind: an earlier one of its subject is parked. */
export type ParkReason = 'failed' | 'invalid' | 'behind';

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

/** Which of the subjects have events parked, and so must wait behind them. */
export async function parkedSubjects(
  tx: Transaction,
  source: string,
  subjects: readonly string[],
): Promise<Set<string>> {
  const rows = await query<{ subject: string }>(
    tx,
    `select distinct subject
     from parked_events
     where source = $1
       and subject = any($2)`,
    [source, subjects],
  );
  return new Set(rows.map(({ subject }) => subject));
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
function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed().slice(0, 4_000);
}

const matches = `($1::text is null or source = $1)
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
    [filter.source ?? null, filter.subject ?? null, filter.type ?? null],
  );
}

/**
 * Applies parked events again, each in its own transaction that also unparks it. The events of a
 * subject are taken in order and up to the first that fails, which stays parked with its new error.
 * The filter picks subjects: one that has a matching event is retried from its first.
 * Rejects only when the database fails; what was applied until then stays applied.
 */
export async function retryParked(
  dataSource: DataSource,
  subscriptions: Subscriptions,
  filter: ParkedFilter = {},
): Promise<{ applied: number; failed: number }> {
  const groups = await query<{ source: string; subject: string }>(
    dataSource,
    `select source, subject
     from parked_events
     where ${matches}
     group by source, subject
     order by min(ordinal)`,
    [filter.source ?? null, filter.subject ?? null, filter.type ?? null],
  );
  const report = { applied: 0, failed: 0 };
  for (const { source, subject } of groups) {
    for (let next = await retryFirst(dataSource, subscriptions, source, subject); next !== 'none'; ) {
      report[next] += 1;
      next = next === 'failed' ? 'none' : await retryFirst(dataSource, subscriptions, source, subject);
    }
  }
  return report;
}

/** Later events are only ever parked behind the first, so it stays the first until it is gone. */
async function retryFirst(
  dataSource: DataSource,
  subscriptions: Subscriptions,
  source: string,
  subject: string,
): Promise<'applied' | 'failed' | 'none'> {
  const [first] = await query<Pick<ParkedEvent, 'event_id' | 'event'>>(
    dataSource,
    `select event_id, event
     from parked_events
     where source = $1
       and subject = $2
     order by ordinal
     limit 1`,
    [source, subject],
  );
  if (!first) return 'none';
  try {
    await transaction(dataSource, async (tx) => {
      await consumerLock(tx, source);
      // Gone if another command was faster: then it has been applied.
      if (!(await unpark(tx, source, first.event_id))) return;
      const read = readEvent(source, first.event);
      if (!read.valid) throw new TypeError(read.error);
      for (const handle of subscriptions.handlersOf(read.event.type)) await handle(tx, read.event);
    });
    return 'applied';
  } catch (error) {
    if (isTransient(error)) throw error;
    await query(
      dataSource,
      `update parked_events
       set attempts = attempts + 1,
           error = $3
       where source = $1
         and event_id = $2`,
      [source, first.event_id, storable(String(error))],
    );
    return 'failed';
  }
}

async function unpark(source: DataSource | EntityManager, from: string, eventId: string): Promise<boolean> {
  const rows = await query(
    source,
    'delete from parked_events where source = $1 and event_id = $2 returning event_id',
    [from, eventId],
  );
  return rows.length > 0;
}

/** Gives one parked event up: it will never be applied. What waits behind it can then be retried. */
export async function discardParked(
  dataSource: DataSource,
  source: string,
  eventId: string,
): Promise<boolean> {
  return unpark(dataSource, source, eventId);
}
