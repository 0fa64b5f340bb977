import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '@hivesync/contracts';

/** Without an answer nobody knows whether it happened. */
export type Outcome = { known: true; status: number; body: Body; bytes: Buffer } | { known: false };
/** The fields of answers that the load looks at. */
export interface Body {
  id?: string;
  version?: number;
  title?: string;
  body?: string;
  display_name?: string;
  access_token?: string;
  code?: string;
  object_key?: string;
  upload_url?: string;
  url?: string;
}

export interface Call {
  service: ServiceName;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  token?: string | undefined;
  /** JSON, or bytes as they are. */
  body?: object | Buffer;
  ifMatch?: number;
}

/** What the services were asked and how they answered. */
export interface Tally {
  requests: number;
  acknowledged: number;
  /** Refusals in order: 503 with `Retry-After`, 409 while the first attempt still runs, 412, 507. */
  refused: number;
  /** Of them, files for which there was no room. */
  full: number;
  unanswered: number;
  /** Answers that no fault excuses, each with how often it came. */
  unexpected: Map<string, number>;
}

const patienceMs = 6_000;

/** Calls services directly, as the gateway would, and keeps a tally. */
export class Client {
  readonly tally: Tally = {
    requests: 0,
    acknowledged: 0,
    refused: 0,
    full: 0,
    unanswered: 0,
    unexpected: new Map(),
  };
  readonly #urls: Record<ServiceName, string>;

  constructor(urls: Record<ServiceName, string>) {
    this.#urls = urls;
  }

  /** One attempt. `expected`: statuses beside 2xx, 503, 409, 412 and 507 that the caller can explain. */
  async once(call: Call, expected: readonly number[] = []): Promise<Outcome> {
    return this.#attempt(call, undefined, expected);
  }

  /**
   * Repeats one creation under one Idempotency-Key until it gets an answer other than "not now", or the load
   * ends: it must then have happened once.
   */
  async create(call: Call, signal: AbortSignal): Promise<Outcome> {
    const key = randomUUID();
    for (;;) {
      const outcome = await this.#attempt(call, key, []);
      const settled = outcome.known && outcome.status !== 503 && !isStillRunning(outcome);
      if (settled || signal.aborted) return settled ? outcome : { known: false };
      await sleep(40);
    }
  }

  /** Repeats what may be repeated (a read, a deletion, a login) until it is answered, or the load ends. */
  async repeat(call: Call, signal: AbortSignal, expected: readonly number[] = []): Promise<Outcome> {
    for (;;) {
      const outcome = await this.#attempt(call, undefined, expected);
      const settled = outcome.known && outcome.status !== 503;
      if (settled || signal.aborted) return settled ? outcome : { known: false };
      await sleep(40);
    }
  }

  async #attempt(
    { service, method, path, token, body, ifMatch }: Call,
    key: string | undefined,
    expected: readonly number[],
  ): Promise<Outcome> {
    this.tally.requests += 1;
    let status: number;
    let answer: Buffer;
    let isJson: boolean;
    let retryAfter: boolean;
    try {
      const response = await fetch(`${this.#urls[service]}${path}`, {
        method,
        headers: {
          ...(body && {
            'content-type': Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json',
          }),
          ...(token && { authorization: `Bearer ${token}` }),
          ...(key && { 'idempotency-key': key }),
          ...(ifMatch !== undefined && { 'if-match': `"${ifMatch}"` }),
        },
        ...(body && { body: Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body) }),
        signal: AbortSignal.timeout(patienceMs),
      });
      answer = Buffer.from(await response.arrayBuffer());
      status = response.status;
      isJson = response.headers.get('content-type')?.includes('json') ?? false;
      retryAfter = response.headers.has('retry-after');
    } catch {
      // Refused, cut off in the midst, or silent: whether it happened is not known.
      this.tally.unanswered += 1;
      return { known: false };
    }
    const told = isJson && answer.length > 0 ? (JSON.parse(answer.toString()) as Body) : {};
    if (status < 300) {
      if (method !== 'GET') this.tally.acknowledged += 1;
    } else if ((status === 503 && retryAfter) || status === 409 || status === 412) {
      this.tally.refused += 1;
    } else if (status === 507 && retryAfter) {
      this.tally.refused += 1;
      this.tally.full += 1;
    } else if (!expected.includes(status)) {
      const what = `${method} ${path.replace(/\?.*/, '').replaceAll(/[0-9a-f-]{36}/g, '…')}: ${status} ${told.code ?? ''}`;
      this.tally.unexpected.set(what, (this.tally.unexpected.get(what) ?? 0) + 1);
    }
    return { known: true, status, body: told, bytes: answer };
  }
}

const isStillRunning = (outcome: Outcome): boolean =>
  outcome.known && outcome.body.code === 'IDEMPOTENCY_KEY_IN_USE';
