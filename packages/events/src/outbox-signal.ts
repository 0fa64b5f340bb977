import type { DataSource } from '@hivesync/database';
import pg from 'pg';
import type { Logger } from './logger.ts';

const pollWhileDeaf = 1_000;
/** Notifications are a hint. Behind a transaction pooler none arrive, and no error says so. */
const pollWhileListening = 2_000;
const maxReconnectDelay = 10_000;
const checkEvery = 15_000;

/**
 * Wakes those who wait for a service's outbox. All signals of a process that look at one database share
 * one connection, which must not go through a transaction pooler (`listenUrl` names another way in).
 * While it is lost, waiting falls back to a poll each second.
 */
export class OutboxSignal {
  readonly #schema: string;
  readonly #key: string;
  readonly #listener: Listener;
  #waiting = new Set<() => void>();
  #generation = 0;

  constructor(options: { url: string; schema: string; logger: Logger }) {
    this.#schema = options.schema;
    this.#key = databaseOf(options.url);
    this.#listener = listeners.get(this.#key) ?? new Listener(options.url, options.logger);
    listeners.set(this.#key, this.#listener);
    this.#listener.signals.add(this);
  }

  /** The signal of the database and schema that a data source points at. */
  static of(dataSource: DataSource, options: { listenUrl?: string; logger: Logger }): OutboxSignal {
    const { url, schema } = postgresOptions(dataSource);
    return new OutboxSignal({ url: options.listenUrl ?? url, schema, logger: options.logger });
  }

  /** Grows with every notification: read it before reading the outbox, then wait for more than it. */
  get generation(): number {
    return this.#generation;
  }

  get listening(): boolean {
    return this.#listener.listening;
  }

  /**
   * Resolves once something was published after `since`, at the latest after `milliseconds` (and never
   * later than the poll that backs notifications up), or when `signal` aborts. It never rejects.
   */
  async wait(since: number, milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (this.#generation !== since || signal?.aborted || milliseconds <= 0) return;
    const longest = this.listening ? pollWhileListening : pollWhileDeaf;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(milliseconds, longest));
      signal?.addEventListener('abort', done, { once: true });
      this.#waiting.add(done);
    });
  }

  /** Called by the listener: `schema` is null when notifications may have been missed. */
  notify(schema: string | null): void {
    if (schema !== null && schema !== this.#schema) return;
    this.#generation += 1;
    for (const wake of [...this.#waiting]) wake();
  }

  /** Wakes all who wait; closes the connection with the last signal of its database. */
  async stop(): Promise<void> {
    this.notify(null);
    this.#listener.signals.delete(this);
    if (this.#listener.signals.size > 0) return;
    if (listeners.get(this.#key) === this.#listener) listeners.delete(this.#key);
    await this.#listener.close();
  }
}

const listeners = new Map<string, Listener>();

class Listener {
  readonly signals = new Set<OutboxSignal>();
  listening = false;
  readonly #url: string;
  readonly #logger: Logger;
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #closed = false;

  constructor(url: string, logger: Logger) {
    this.#url = url;
    this.#logger = logger;
    this.#connect();
  }

  #connect(): void {
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'hivesync outbox listener',
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
      keepAlive: true,
    });
    this.#client = client;
    client.on('notification', ({ payload }) => this.#wake(payload ?? null));
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client));
    client
      .connect()
      .then(() => client.query('listen outbox'))
      .then(() => {
        this.#failures = 0;
        this.listening = true;
        this.#wake(null);
        this.#check(client);
      })
      .catch((error: unknown) => this.#lost(client, error));
  }

  /** A connection that died without a word is found by asking. */
  #check(client: pg.Client): void {
    this.#timer = setTimeout(() => {
      client.query('select 1').then(
        () => client === this.#client && !this.#closed && this.#check(client),
        (error: unknown) => this.#lost(client, error),
      );
    }, checkEvery).unref();
  }

  #lost(client: pg.Client, error?: unknown): void {
    if (client !== this.#client || this.#closed) return;
    this.#client = undefined;
    this.listening = false;
    clearTimeout(this.#timer);
    void end(client);
    const delay = Math.min(maxReconnectDelay, 250 * 2 ** this.#failures++) * (0.5 + Math.random() / 2);
    this.#logger.warn({ err: error, delay }, 'outbox notifications lost; polling until reconnected');
    this.#timer = setTimeout(() => this.#connect(), delay).unref();
  }

  #wake(schema: string | null): void {
    for (const signal of this.signals) signal.notify(schema);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.listening = false;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    if (client) await end(client);
  }
}

/** Closing a connection that is already broken fails, which is the same outcome. */
function end(client: pg.Client): Promise<void> {
  return client.end().catch(() => undefined);
}

function databaseOf(url: string): string {
  const { host, pathname, searchParams } = new URL(url);
  return `${host}${pathname}?${searchParams}`;
}

function postgresOptions(dataSource: DataSource): { url: string; schema: string } {
  const { options } = dataSource;
  if (options.type !== 'postgres' || !options.url || !options.schema) {
    throw new TypeError('The data source has no PostgreSQL url and schema');
  }
  return { url: options.url, schema: options.schema };
}
