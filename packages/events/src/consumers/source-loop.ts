import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from '@hivesync/database';
import type { EventSource, FeedItem, FeedPage, ReadOptions } from '../feed-page.ts';
import type { Held } from '../held.ts';
import type { Logger } from '../logger.ts';
import type { FeedPosition } from '../position.ts';
import { FeedSetBackError } from '../set-back.ts';
import { FeedError } from '../sources/http-event-source.ts';
import type { Subscriptions } from '../subscriptions.ts';
import { applyBatch, type Batch, type BatchCounts, type BatchOutcome } from './batch.ts';
import { readCursor } from './cursor.ts';
import { describe } from './parking.ts';
import { retryReadable } from './retry.ts';
import { rewind } from './rewind.ts';
import { isTransient } from './transient.ts';

export interface RetryPolicy {
  /** How often a failing event is tried before it is parked, at least 1. */
  attempts: number;
  /** Milliseconds before the second attempt; doubles with each. */
  delay: number;
  /** Milliseconds, the longest pause: also between reads of a source that cannot be reached. */
  maxDelay: number;
}

export interface SourceLoopOptions {
  dataSource: DataSource;
  subscriptions: Subscriptions;
  source: EventSource;
  logger: Logger;
  retry: RetryPolicy;
  limit: number;
  waitSeconds: number;
  maxUnknown: number;
  /** Called after each batch that was committed. */
  onCommitted: () => void;
  /** Awaited before the cursor goes back; where it rejects, it is called again. */
  onSetBack: (signal: AbortSignal) => Promise<void>;
}

/** Counters since the process started; they only grow. */
export interface SourceCounters {
  batches: number;
  applied: number;
  unknown: number;
  parked: number;
  /** Attempts of handlers that failed, parked in the end or not. */
  handlerFailures: number;
  /** Failures of the source, the network or the database. */
  outages: number;
}

/** How often a consumer looks again at what it could not read: another replica may be of an earlier release. */
const lookAgain = 60_000;
/** How long a consumer stands by while another of its kind is at work. */
const standbyDelay = 1_000;
/** The least time between two empty reads, for a source that answers without waiting. */
const idleDelay = 250;

/** Reads one source and applies what it gives, until aborted; a batch under way is finished first. */
export class SourceLoop {
  readonly counters: SourceCounters = {
    batches: 0,
    applied: 0,
    unknown: 0,
    parked: 0,
    handlerFailures: 0,
    outages: 0,
  };
  /** How often the cursor went back, as the source's server had lost events that were read. */
  rewinds = 0;
  /** Of the source's events, those that it cannot give out yet; null while it cannot be read. */
  held: Held | null = null;
  readonly #options: SourceLoopOptions;
  /** Events that can be read and are not applied. */
  #readable = 0;
  #lookAgainAt = 0;
  /** Undefined where it has to be read again: at the start, and after another consumer's work. */
  #cursor: FeedPosition | null | undefined;

  constructor(options: SourceLoopOptions) {
    this.#options = options;
  }

  /** Events known to follow the cursor, those held back included; null while the source cannot be read. */
  get behind(): number | null {
    return this.held && this.#readable + this.held.events;
  }

  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#turn(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        this.held = null;
        this.#cursor = undefined;
        this.counters.outages += 1;
        const { logger, source } = this.#options;
        const delay = this.#backoff(failures, error);
        logger.warn({ err: error, source: source.service, failures, delay }, 'event source interrupted');
        await pause(delay, signal);
      }
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { dataSource, source, limit, waitSeconds } = this.#options;
    await this.#retryReadable();
    this.#cursor ??= await readCursor(dataSource, source.service);
    const after = this.#cursor;
    const started = Date.now();
    const page = await this.#read(after, { limit, waitSeconds, signal });
    if (page === null) return;
    this.#readable = page.items.length + page.remaining;
    this.held = page.held ?? { events: 0, seconds: 0 };
    if (page.items.length === 0) {
      // A replay, or another consumer, may have moved the cursor meanwhile.
      this.#cursor = undefined;
      await pause(idleDelay - (Date.now() - started), signal);
      return;
    }
    if (signal.aborted) return;
    const outcome = await this.#apply(after, page, signal);
    if (outcome === 'committed') return;
    this.#cursor = undefined;
    if (outcome === 'standby') await pause(standbyDelay, signal);
  }

  async #retryReadable(): Promise<void> {
    if (Date.now() < this.#lookAgainAt) return;
    const { dataSource, subscriptions, source, logger } = this.#options;
    const { applied, failed } = await retryReadable(dataSource, subscriptions, source.service);
    this.#lookAgainAt = Date.now() + lookAgain;
    this.counters.applied += applied;
    this.counters.handlerFailures += failed;
    if (applied + failed > 0) {
      logger.info({ source: source.service, applied, failed }, 'events kept for this release retried');
      this.#options.onCommitted();
    }
  }

  /** Null where there was nothing to read yet: the cursor had to go back. */
  async #read(after: FeedPosition | null, options: ReadOptions): Promise<FeedPage | null> {
    try {
      return await this.#options.source.read(after, options);
    } catch (error) {
      if (after === null || !(error instanceof FeedSetBackError)) throw error;
      await this.#rewind(after, error.rewindTo, options.signal);
      return null;
    }
  }

  async #rewind(from: FeedPosition, to: FeedPosition | null, signal: AbortSignal): Promise<void> {
    const { dataSource, subscriptions, source, logger, onSetBack } = this.#options;
    await onSetBack(signal);
    const { database } = subscriptions;
    const now = await rewind({ dataSource, database, source: source.service, from, to });
    this.#cursor = undefined;
    if (now === undefined) {
      await pause(standbyDelay, signal);
      return;
    }
    this.rewinds += 1;
    logger.error({ source: source.service, from, to: now }, 'event source was set back');
  }

  async #apply(after: FeedPosition | null, page: FeedPage, signal: AbortSignal): Promise<BatchOutcome> {
    try {
      const { outcome, counts } = await applyBatch(this.#batch(after, page.items));
      if (outcome === 'committed') this.#committed(page.items, counts, page.remaining);
      return outcome;
    } catch (error) {
      if (isTransient(error)) throw error;
      if (page.items.length > 1) return this.#applySingly(after, page, signal);
      return this.#persist(after, page.items[0]!, page.remaining, signal, error);
    }
  }

  /** A batch holds an event that fails, maybe several: which ones shows when each is applied alone. */
  async #applySingly(after: FeedPosition | null, page: FeedPage, signal: AbortSignal): Promise<BatchOutcome> {
    let at = after;
    for (const [index, item] of page.items.entries()) {
      if (signal.aborted) return 'committed';
      const remaining = page.remaining + page.items.length - index - 1;
      const outcome = await this.#apply(at, { items: [item], head: page.head, remaining }, signal);
      if (outcome !== 'committed' || this.#cursor !== item.position) return outcome;
      at = item.position;
    }
    return 'committed';
  }

  /** Tries an event that has failed once until it succeeds or has used its attempts, then parks it. */
  async #persist(
    after: FeedPosition | null,
    item: FeedItem,
    remaining: number,
    signal: AbortSignal,
    firstError: unknown,
  ): Promise<BatchOutcome> {
    const { retry, logger, source } = this.#options;
    let error = firstError;
    for (let attempts = 1; ; attempts += 1) {
      this.counters.handlerFailures += 1;
      const { id, type } = describe(item);
      logger.warn({ err: error, source: source.service, event: id, type, attempts }, 'event handler failed');
      const giveUp = attempts >= retry.attempts ? { error: explain(error), attempts } : undefined;
      if (!giveUp) await pause(this.#backoff(attempts), signal);
      // Attempts start afresh in the next process: stopping is no reason to park.
      if (!giveUp && signal.aborted) return 'committed';
      try {
        const { outcome, counts } = await applyBatch({
          ...this.#batch(after, [item]),
          ...(giveUp && { giveUp }),
        });
        if (outcome === 'committed') this.#committed([item], counts, remaining);
        return outcome;
      } catch (next) {
        if (giveUp || isTransient(next)) throw next;
        error = next;
      }
    }
  }

  #batch(after: FeedPosition | null, items: readonly FeedItem[]): Batch {
    const { dataSource, subscriptions, source, maxUnknown } = this.#options;
    return { dataSource, subscriptions, source: source.service, after, items, maxUnknown };
  }

  #committed(items: readonly FeedItem[], counts: BatchCounts, remaining: number): void {
    const { logger, source } = this.#options;
    this.#cursor = items.at(-1)!.position;
    this.#readable = remaining;
    this.counters.batches += 1;
    this.counters.applied += counts.applied;
    this.counters.unknown += counts.unknown;
    this.counters.parked += counts.parked.length;
    if (counts.unknown > 0) {
      logger.info({ source: source.service, events: counts.unknown }, 'events kept for a later release');
    }
    for (const { id, ...why } of counts.parked) {
      logger.error({ source: source.service, event: id, ...why }, 'event parked');
    }
    this.#options.onCommitted();
  }

  #backoff(failures: number, error?: unknown): number {
    const { delay, maxDelay } = this.#options.retry;
    const asked = error instanceof FeedError ? (error.retryAfterSeconds ?? 0) * 1_000 : 0;
    return Math.max(asked, Math.min(maxDelay, delay * 2 ** (failures - 1)) * (0.5 + Math.random() / 2));
  }
}

/** Ends early, without rejecting, when the signal aborts. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds <= 0) return;
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

function explain(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
