import type { CloudEvent } from '@hivesync/contracts';
import { type DataSource, type Transaction, transaction } from '@hivesync/database';
import type { FeedItem } from '../feed-page.ts';
import type { FeedPosition } from '../position.ts';
import type { EventHandler, Subscriptions } from '../subscriptions.ts';
import { readEvent } from '../validation.ts';
import { lockCursorAt, moveCursor, tryConsumerLock } from './cursor.ts';
import { describe, type ParkReason, park, parkedSubjects } from './parking.ts';

/**
 * standby: another consumer of this (service, source) is at work; moved: it has been, so what was read
 * is no longer what follows the cursor. In both cases nothing was changed.
 */
export type BatchOutcome = 'committed' | 'standby' | 'moved';

/** What became of the events of one batch; counted only once it is committed. */
export interface BatchCounts {
  applied: number;
  /** Of a type that this release does not know, and nobody subscribed to everything. */
  unknown: number;
  parked: { id: string; type: string; subject: string; reason: ParkReason; error: string }[];
}

type Step =
  | { item: FeedItem; event: CloudEvent; handlers: readonly EventHandler[] }
  | { item: FeedItem; invalid: string };

export interface Batch {
  dataSource: DataSource;
  subscriptions: Subscriptions;
  source: string;
  after: FeedPosition | null;
  items: readonly FeedItem[];
  /** Set for a single event whose handler has failed for good: it is parked instead of applied. */
  giveUp?: { error: string; attempts: number };
}

/**
 * Applies the events and moves the cursor behind them in one transaction: all or nothing. Rejects with
 * the first handler's error, or the database's.
 */
export async function applyBatch(batch: Batch): Promise<{ outcome: BatchOutcome; counts: BatchCounts }> {
  const { dataSource, source, after, items } = batch;
  return transaction(dataSource, async (tx) => {
    const counts: BatchCounts = { applied: 0, unknown: 0, parked: [] };
    if (!(await tryConsumerLock(tx, source))) return { outcome: 'standby' as const, counts };
    if (!(await lockCursorAt(tx, source, after))) return { outcome: 'moved' as const, counts };
    await applySteps(tx, batch, counts);
    const last = items.at(-1)!;
    await moveCursor(tx, source, last.position, timeOf(last));
    return { outcome: 'committed' as const, counts };
  });
}

async function applySteps(tx: Transaction, batch: Batch, counts: BatchCounts): Promise<void> {
  const { source, subscriptions, giveUp } = batch;
  const steps = batch.items.flatMap((item): Step[] => {
    const read = readEvent(source, item.event);
    const handlers = subscriptions.handlersOf(read.valid ? read.event.type : describe(item).type);
    if (read.known && handlers.length === 0) return [];
    if (!read.valid) return [{ item, invalid: read.error }];
    if (handlers.length > 0) return [{ item, event: read.event, handlers }];
    counts.unknown += 1;
    return [];
  });
  if (steps.length === 0) return;
  const waiting = await parkedSubjects(tx, source, [
    ...new Set(steps.map(({ item }) => describe(item).subject)),
  ]);
  for (const step of steps) {
    const { id, type, subject } = describe(step.item);
    const why = reasonToPark(step, waiting.has(subject), giveUp);
    if (why) {
      await park(tx, source, step.item, why);
      if (subject !== '') waiting.add(subject);
      counts.parked.push({ id, type, subject, reason: why.reason, error: why.error });
    } else if ('event' in step) {
      for (const handle of step.handlers) await handle(tx, step.event);
      counts.applied += 1;
    }
  }
}

function reasonToPark(
  step: Step,
  behind: boolean,
  giveUp: Batch['giveUp'],
): { reason: ParkReason; error: string; attempts: number } | null {
  if ('invalid' in step) return { reason: 'invalid', error: step.invalid, attempts: 0 };
  if (behind) {
    return { reason: 'behind', error: 'An earlier event of this subject is parked', attempts: 0 };
  }
  return giveUp ? { reason: 'failed', ...giveUp } : null;
}

/** Null for what has no usable time: a broken event must not break the cursor too. */
function timeOf({ event }: FeedItem): string | null {
  const time = typeof event === 'object' && event !== null && 'time' in event ? event.time : null;
  const parsed = typeof time === 'string' ? new Date(time) : null;
  return parsed && !Number.isNaN(parsed.getTime()) ? parsed.toISOString() : null;
}
