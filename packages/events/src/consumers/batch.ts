import { type DataSource, type Transaction, transaction } from '@hivesync/database';
import type { FeedItem } from '../feed-page.ts';
import type { FeedPosition } from '../position.ts';
import type { Subscriptions } from '../subscriptions.ts';
import { type CursorLock, lockCursorAt, moveCursor } from './cursor.ts';
import { type Judgement, judge } from './judge.ts';
import { countUnknown, describe, type ParkReason, park, parkedSubjects } from './parking.ts';
import { TooManyUnknownError } from './transient.ts';

/**
 * standby: another consumer of this (service, source) is at work; moved: it has been, so what was read
 * is no longer what follows the cursor. In both cases nothing was changed.
 */
export type BatchOutcome = 'committed' | Exclude<CursorLock, 'locked'>;

/** What became of the events of one batch; counted only once it is committed. */
export interface BatchCounts {
  applied: number;
  /** Of a type that this release does not know, or behind one of its subject: kept until a later release knows it. */
  unknown: number;
  parked: { id: string; type: string; subject: string; reason: ParkReason; error: string }[];
}

export interface Batch {
  dataSource: DataSource;
  subscriptions: Subscriptions;
  source: string;
  after: FeedPosition | null;
  items: readonly FeedItem[];
  /** Events of unknown types that are kept at most; one more, and the source is not read on. */
  maxUnknown: number;
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
    const lock = await lockCursorAt(tx, source, after);
    if (lock !== 'locked') return { outcome: lock, counts };
    await applySteps(tx, batch, counts);
    const last = items.at(-1)!;
    await moveCursor(tx, source, last.position, timeOf(last));
    return { outcome: 'committed' as const, counts };
  });
}

async function applySteps(tx: Transaction, batch: Batch, counts: BatchCounts): Promise<void> {
  const { source, subscriptions, giveUp } = batch;
  const steps = batch.items
    .map((item) => ({ item, judged: judge(source, subscriptions, item.event) }))
    .filter((step): step is Step => step.judged.verdict !== 'pass over');
  if (steps.length === 0) return;
  const subjects = [...new Set(steps.map(({ item }) => describe(item).subject))];
  const waiting = await parkedSubjects(tx, source, subjects);
  for (const { item, judged } of steps) {
    const { id, type, subject } = describe(item);
    const why = reasonToPark(judged, waiting.has(subject), giveUp);
    if (why) {
      await park(tx, source, item, why);
      const first = waiting.get(subject) ?? why.reason;
      if (subject !== '') waiting.set(subject, first);
      if (first === 'unknown') counts.unknown += 1;
      else counts.parked.push({ id, type, subject, reason: why.reason, error: why.error });
    } else if (judged.verdict === 'handle') {
      for (const handle of judged.handlers) await handle(tx, judged.event);
      counts.applied += 1;
    }
  }
  if (counts.unknown > 0) await refuseTooMany(tx, source, batch.maxUnknown);
}

interface Step {
  item: FeedItem;
  judged: Exclude<Judgement, { verdict: 'pass over' }>;
}

function reasonToPark(
  judged: Step['judged'],
  behind: boolean,
  giveUp: Batch['giveUp'],
): { reason: ParkReason; error: string; attempts: number } | null {
  if (judged.verdict === 'invalid') return { reason: 'invalid', error: judged.error, attempts: 0 };
  if (behind) {
    return { reason: 'behind', error: 'An earlier event of this subject is parked', attempts: 0 };
  }
  if (judged.verdict === 'unknown') return { reason: 'unknown', error: judged.error, attempts: 0 };
  return giveUp ? { reason: 'failed', ...giveUp } : null;
}

/**
 * What this release does not know stays in the outbox of its source rather than here, where it is very much: that loses
 * nothing either, as retention waits for us. @throws TooManyUnknownError, which undoes the batch
 */
async function refuseTooMany(tx: Transaction, source: string, most: number): Promise<void> {
  if ((await countUnknown(tx, source, most + 1)) > most) throw new TooManyUnknownError(source, most);
}

/** Null for what has no usable time: a broken event must not break the cursor too. */
function timeOf({ event }: FeedItem): string | null {
  const time = typeof event === 'object' && event !== null && 'time' in event ? event.time : null;
  const parsed = typeof time === 'string' ? new Date(time) : null;
  return parsed && !Number.isNaN(parsed.getTime()) ? parsed.toISOString() : null;
}
