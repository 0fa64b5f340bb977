import type { ServiceName } from '@hivesync/contracts';
import type { DataSource } from '@hivesync/database';
import type { EventSource } from '../feed-page.ts';
import type { Held } from '../held.ts';
import type { Logger } from '../logger.ts';
import type { Subscriptions } from '../subscriptions.ts';
import { readCursors } from './cursor.ts';
import { countParked } from './parking.ts';
import { type RetryPolicy, type SourceCounters, SourceLoop } from './source-loop.ts';

export interface ConsumersOptions {
  dataSource: DataSource;
  subscriptions: Subscriptions;
  /** One for each service in `subscriptions.sources`; further ones are not read. */
  sources: readonly EventSource[];
  logger: Logger;
  /** Default: 5 attempts, 200 ms doubling up to 10 s. */
  retry?: Partial<RetryPolicy> | undefined;
  /** Events in one batch, 1 to 1,000, default 200. */
  limit?: number | undefined;
  /** Events of a source kept for a later release, at most; default 10,000. With one more it is not read on. */
  maxUnknown?: number | undefined;
  /** How long a read waits for events, 0 to 30 s, default 25. */
  waitSeconds?: number | undefined;
}

export interface SourceLag {
  source: ServiceName;
  /**
   * About how many events are not applied yet, those that the source holds back included; null while unknown:
   * not read yet, or not readable.
   */
  behind: number | null;
  /** What of it no reader can have yet, as the source told when it was last read. */
  held: Held | null;
  lastEventAt: Date | null;
}

export type Mend = (source: ServiceName, signal: AbortSignal) => Promise<void>;

/** The consumers of a service: a loop for each source, independent of each other. */
export class Consumers {
  readonly #options: ConsumersOptions;
  readonly #loops: Map<ServiceName, SourceLoop>;
  #stop = new AbortController();
  #running: Promise<unknown> | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #mending = new Set<Mend>();

  /** Throws a `TypeError` where a source that is subscribed to is not given. */
  constructor(options: ConsumersOptions) {
    this.#options = options;
    const { dataSource, subscriptions, sources, logger } = options;
    this.#loops = new Map(
      subscriptions.sources.map((service) => {
        const source = sources.find((candidate) => candidate.service === service);
        if (!source) throw new TypeError(`No event source is given for ${service}, which is subscribed to`);
        return [
          service,
          new SourceLoop({
            dataSource,
            subscriptions,
            source,
            logger,
            retry: { attempts: 5, delay: 200, maxDelay: 10_000, ...options.retry },
            limit: options.limit ?? 200,
            waitSeconds: options.waitSeconds ?? 25,
            maxUnknown: options.maxUnknown ?? 10_000,
            onCommitted: () => {
              for (const listener of this.#listeners) listener();
            },
            onSetBack: async (signal) => {
              for (const mend of this.#mending) await mend(service, signal);
            },
          }),
        ];
      }),
    );
  }

  /** Has `listener` called after each batch that this process has applied; it must not throw. */
  onApplied(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /**
   * Has `mend` done before the cursor of a source goes back whose server lost what was read of it: what is kept here of that
   * service is brought back into step with it. It may be done more than once; where it rejects, it is tried again.
   */
  onSetBack(mend: Mend): void {
    this.#mending.add(mend);
  }

  /** Starts reading; the database and the sources need not be reachable yet. */
  start(): void {
    if (this.#running) return;
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.#running = Promise.all([...this.#loops.values()].map((loop) => loop.run(signal)));
  }

  /** Ends waiting reads, lets batches under way finish, and resolves when no handler runs any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#running = undefined;
  }

  /** How far behind each source this service is. One query; rejects when the database does. */
  async lag(): Promise<SourceLag[]> {
    const cursors = await readCursors(this.#options.dataSource);
    return [...this.#loops].map(([source, loop]) => ({
      source,
      behind: loop.behind,
      held: loop.held,
      lastEventAt: cursors.find((cursor) => cursor.source === source)?.last_event_at ?? null,
    }));
  }

  /** How many events of each source are parked, in the database: the same for every replica. */
  async parked(): Promise<{ source: string; events: number }[]> {
    const parked = await countParked(this.#options.dataSource);
    return [...new Set([...this.#loops.keys(), ...parked.keys()])].map((source) => ({
      source,
      events: parked.get(source) ?? 0,
    }));
  }

  /** As `lag` has it, from what this process knows: without the database. */
  behind(): Pick<SourceLag, 'source' | 'behind'>[] {
    return [...this.#loops].map(([source, { behind }]) => ({ source, behind }));
  }

  /** Counters of this process for each source, for metrics. */
  counters(): (SourceCounters & { source: ServiceName })[] {
    return [...this.#loops].map(([source, loop]) => ({ source, ...loop.counters }));
  }

  /** How often each cursor went back in this process, as the server of its source had lost events. */
  rewinds(): { source: ServiceName; rewinds: number }[] {
    return [...this.#loops].map(([source, { rewinds }]) => ({ source, rewinds }));
  }
}
