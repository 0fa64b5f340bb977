import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { databaseUrl, defaultDatabase } from '@hivesync/database';
import { type EmbeddedServer, startEmbedded } from '@hivesync/database/embedded';
import { Client, DatabaseError } from 'pg';

/** An embedded, durable PostgreSQL of our own, which may be stopped and killed. */
export class Postgres {
  readonly #dataDir: string;
  #server: EmbeddedServer;
  #starting: Promise<void> = Promise.resolve();
  #stopped = false;

  private constructor(dataDir: string, server: EmbeddedServer) {
    this.#dataDir = dataDir;
    this.#server = server;
  }

  static async start(dataDir: string, port: number): Promise<Postgres> {
    return new Postgres(dataDir, await startEmbedded({ dataDir, port }));
  }

  /** Of the superuser, to the platform's database. */
  get url(): string {
    return databaseUrl(this.#server.url, defaultDatabase);
  }

  /** For good: a fault under way then does not bring it back. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#starting.catch(() => undefined);
    await this.#server.stop();
  }

  /** Stopped in order: clients are cut off, what is committed is written. */
  async stopFor(milliseconds: number): Promise<void> {
    await this.#server.stop();
    await sleep(milliseconds);
    this.#starting = this.#again();
    await this.#starting;
  }

  /** SIGKILL of the postmaster: what is committed has to come back from the write-ahead log. */
  async killFor(milliseconds: number): Promise<void> {
    const [pid] = readFileSync(join(this.#server.cluster, 'postmaster.pid'), 'utf8').split('\n');
    process.kill(Number(pid), 'SIGKILL');
    await sleep(milliseconds);
    this.#starting = this.#again();
    await this.#starting;
  }

  /** The processes of a killed server take a moment to notice, and until then a new one is refused. */
  async #again(): Promise<void> {
    const former = this.#server;
    const { port } = former;
    const deadline = Date.now() + 30_000;
    while (!this.#stopped) {
      try {
        this.#server = await startEmbedded({ dataDir: this.#dataDir, port });
        // A killed server was never left: it would count as in use, and not be stopped at the end.
        await former.stop();
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await sleep(300);
      }
    }
  }

  /** Ends every connection under that login, in the midst of whatever it does. */
  async terminate(login: string): Promise<number> {
    const [row] = await this.query<{ ended: number }>(
      `select count(*) filter (where pg_terminate_backend(pid))::integer as ended
       from pg_stat_activity
       where usename = $1`,
      [login],
    );
    return row?.ended ?? 0;
  }

  async query<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.withSession((session) => session.query<Row>(sql, parameters));
  }

  /** One connection for several statements; what it has not committed is undone with its end. */
  async withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const client = new Client({ connectionString: this.url, connectionTimeoutMillis: 10_000 });
    // Its end is told by the query that fails.
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await work(new Session(client));
    } finally {
      await client.end();
    }
  }
}

/** A connection of the superuser. */
export class Session {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async query<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    const { rows } = await this.#client.query(sql, parameters);
    return rows as Row[];
  }

  /** Whether the lock was given within `lock_timeout`; where it was not, the transaction can only end. */
  async lock(sql: string): Promise<boolean> {
    try {
      await this.#client.query(sql);
      return true;
    } catch (error) {
      if (error instanceof DatabaseError && error.code === lockNotAvailable) return false;
      throw error;
    }
  }
}

const lockNotAvailable = '55P03';
