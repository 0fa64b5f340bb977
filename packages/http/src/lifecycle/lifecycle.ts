import { setTimeout as sleep } from 'node:timers/promises';
import {
  assertSchemaCurrent,
  assertServiceLogin,
  connectDataSource,
  type DataSource,
  onConnectionLost,
  type ServiceDatabase,
  UnfitDatabaseError,
} from '@hivesync/database';
import { type Consumers, isTransient, Sweeper } from '@hivesync/events';
import type { FastifyBaseLogger } from 'fastify';

type Work = (signal: AbortSignal) => Promise<unknown> | unknown;

/** What has become of a piece of background work in this process. */
export interface BackgroundWork {
  work: string;
  /** From one turn to the next. */
  seconds: number;
  /** Turns that have ended, failed ones included. */
  runs: number;
  failures: number;
  consecutiveFailures: number;
  /** Milliseconds since 1970; until a turn has ended well, when the work was taken up. */
  lastSuccess: number;
  running: boolean;
}

export interface LifecycleOptions {
  dataSource: DataSource | undefined;
  database: ServiceDatabase | undefined;
  consumers: Consumers | undefined;
  logger: FastifyBaseLogger;
}

/**
 * What an app does besides answering: it connects to its database in the background, waiting for one that is not
 * there yet, checks login and schema, does what is registered here, and then reads events and carries deletions
 * out. Ends with the app.
 */
export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #closing = new AbortController();
  readonly #once: { name: string; work: Work }[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #running = new Set<Promise<void>>();
  readonly #works: BackgroundWork[] = [];
  readonly #sweeper: Sweeper | undefined;
  #started: Promise<void> | undefined;
  #connected = false;
  #draining = false;
  #unfit: UnfitDatabaseError | undefined;

  constructor(options: LifecycleOptions) {
    this.#options = options;
    const { dataSource, database, consumers, logger } = options;
    if (!dataSource || !database) return;
    const sweeper = new Sweeper({ dataSource, database, logger });
    consumers?.onApplied(() => sweeper.wake());
    this.#sweeper = sweeper;
  }

  /** Aborts when the app closes: waits and long polls end with it. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** True from the moment when readiness shall fail. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Why this code cannot run on the database, once that is known. */
  get unfit(): UnfitDatabaseError | undefined {
    return this.#unfit;
  }

  /** Has `work` done once, when the database is there; again while the database fails it. */
  whenReady(name: string, work: Work): void {
    this.#once.push({ name, work });
  }

  /**
   * Has `work` done when the database is there and every `seconds` after that, never twice at once in this
   * process. A failure is logged, and the next turn tries again. Events are read once the first turn is over, unless
   * it is said not to hold the start up.
   */
  every(name: string, seconds: number, work: Work, { holdsStart = true } = {}): void {
    const record: BackgroundWork = {
      work: name,
      seconds,
      runs: 0,
      failures: 0,
      consecutiveFailures: 0,
      lastSuccess: Date.now(),
      running: false,
    };
    this.#works.push(record);
    const turn = async () => {
      if (record.running || this.closing.aborted) return;
      record.running = true;
      try {
        await work(this.closing);
        record.consecutiveFailures = 0;
        record.lastSuccess = Date.now();
      } catch (error) {
        record.failures += 1;
        record.consecutiveFailures += 1;
        this.#options.logger.warn({ err: error, work: name }, 'work in the background failed');
      } finally {
        record.runs += 1;
        record.running = false;
      }
    };
    this.whenReady(name, async () => {
      const first = turn();
      if (holdsStart) await first;
      else this.#track(first);
      if (this.closing.aborted) return;
      this.#timers.add(setInterval(() => this.#track(turn()), seconds * 1_000).unref());
    });
  }

  /** All that `every` was told, as it stands now. */
  works(): readonly BackgroundWork[] {
    return this.#works;
  }

  /**
   * Starts once, however often it is called. Resolves when everything runs, or the app was closed before.
   * @throws UnfitDatabaseError, or what work that is due once failed with.
   */
  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  /** From now on readiness fails. */
  drain(): void {
    this.#draining = true;
  }

  /** Ends waits, lets work under way finish, stops consumers. The database is still there. */
  async stop(): Promise<void> {
    this.#draining = true;
    this.#closing.abort();
    for (const timer of this.#timers) clearInterval(timer);
    await this.#started?.catch(() => undefined);
    await Promise.all([this.#options.consumers?.stop(), this.#sweeper?.stop(), ...this.#running]);
  }

  /** Closes the pool, unless it was given to us open. */
  async disconnect(): Promise<void> {
    const { dataSource } = this.#options;
    if (this.#connected && dataSource?.isInitialized) await dataSource.destroy();
  }

  async #start(): Promise<void> {
    const { dataSource, consumers, logger } = this.#options;
    try {
      if (dataSource) await this.#connect(dataSource);
      for (const { name, work } of this.#once) await this.#untilDone(name, work);
      if (this.closing.aborted) return;
      this.#sweeper?.start();
      consumers?.start();
    } catch (error) {
      if (this.closing.aborted) return;
      logger.fatal({ err: error }, 'the service cannot start');
      throw error;
    }
  }

  async #connect(dataSource: DataSource): Promise<void> {
    const { database, logger } = this.#options;
    if (!dataSource.isInitialized) {
      this.#connected = true;
      await connectDataSource(dataSource, {
        signal: this.closing,
        onFailure: (error) => logger.warn({ err: error }, 'the database is not there yet'),
      });
    }
    onConnectionLost(dataSource, (error) => logger.warn({ err: error }, 'database connection lost'));
    if (!database) return;
    await this.#untilDone('check of the database', async () => {
      try {
        await assertServiceLogin(dataSource, database);
        await assertSchemaCurrent(dataSource, database);
      } catch (error) {
        if (error instanceof UnfitDatabaseError) this.#unfit = error;
        throw error;
      }
    });
  }

  async #untilDone(name: string, work: Work): Promise<void> {
    for (let pause = 250; !this.closing.aborted; pause = Math.min(pause * 2, 5_000)) {
      try {
        await work(this.closing);
        return;
      } catch (error) {
        if (!isTransient(error)) throw error;
        this.#options.logger.warn({ err: error, work: name }, 'waiting for the database');
        await sleep(pause, undefined, { signal: this.closing });
      }
    }
  }

  #track(work: Promise<void>): void {
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }
}
