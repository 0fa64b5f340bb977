import { setTimeout as sleep } from 'node:timers/promises';
import { referenceSwept } from '@hivesync/contracts';
import {
  type CompletedSweep,
  type DataSource,
  type ServiceDatabase,
  type SweepOptions,
  type SweepOutcome,
  sweepOnce,
  type Transaction,
} from '@hivesync/database';
import { forgetPerson } from '../forgetting/forget-person.ts';
import type { Logger } from '../logger.ts';
import { publish } from '../publish.ts';

export interface SweeperOptions {
  dataSource: DataSource;
  database: ServiceDatabase;
  logger: Logger;
  /** Rows in one batch, 1 to 10,000, default 500: what bounds how long a lock is held. */
  limit?: number | undefined;
  /** Milliseconds between two looks for work that nobody woke us for, default 1,000. */
  poll?: number | undefined;
}

/** Milliseconds, the longest pause after failures of the database. */
const longestPause = 10_000;

/**
 * Carries deletions out in the background, batch by batch (see `sweepOnce`), and publishes
 * `<service>.reference.swept` with the counts when one is complete. Every replica runs one.
 */
export class Sweeper {
  readonly #options: SweeperOptions;
  #stop = new AbortController();
  #woken = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#running) return;
    this.#stop = new AbortController();
    this.#running = this.#run(this.#stop.signal);
  }

  /** There may be work: look now. */
  wake(): void {
    this.#woken.abort();
  }

  /** Lets the batch under way finish; what is left is found at the next start. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#running = undefined;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { dataSource, database, limit, logger, poll = 1_000 } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      // Made before the look: who wakes us during it has us look again.
      this.#woken = new AbortController();
      try {
        const outcome = await sweepOnce(dataSource, database, optionsOf(database, limit));
        failures = 0;
        if (outcome === 'idle') await pause(poll, AbortSignal.any([signal, this.#woken.signal]));
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        logger.warn({ err: error, failures }, 'sweep interrupted');
        await pause(Math.min(longestPause, 200 * 2 ** failures), signal);
      }
    }
  }
}

/** Does batches until none is due, for commands and tests. @throws SweepFailedError where a policy fails. */
export async function sweepAll(
  dataSource: DataSource,
  database: ServiceDatabase,
  options: { limit?: number } = {},
): Promise<void> {
  let outcome: SweepOutcome;
  do {
    outcome = await sweepOnce(dataSource, database, optionsOf(database, options.limit));
  } while (outcome !== 'idle');
}

function optionsOf(database: ServiceDatabase, limit: number | undefined): SweepOptions {
  return {
    ...(limit !== undefined && { limit }),
    everywhere: { 'identity.user': forgetPerson },
    completed: (tx, sweep) => announce(tx, database, sweep),
  };
}

async function announce(tx: Transaction, { service }: ServiceDatabase, sweep: CompletedSweep): Promise<void> {
  await publish(tx, referenceSwept(service), {
    subject: sweep.subject,
    version: 0,
    data: { aggregate: sweep.aggregate, removed: sweep.removed, longest_lock_ms: sweep.longestLockMs },
  });
}

/** Ends early, without rejecting, when the signal aborts. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
