import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import {
  type CircuitStateName,
  isConnectionError,
  serviceCircuit,
  stateOf,
  TooSlow,
  triedAgain,
} from '@hivesync/clients';
import { ApiError } from '@hivesync/contracts';
import { BrokenCircuitError, BulkheadRejectedError, bulkhead, wrap } from 'cockatiel';
import { type Dispatcher, Pool } from 'undici';

export interface UpstreamOptions {
  /** Where the service listens, e.g. `http://127.0.0.1:8081`. */
  url: string;
  /** Connections for ordinary requests, and how many may wait for one. */
  connections: number;
  queue: number;
  /** Connections for uploads, downloads and exports, for which nobody waits. */
  streams: number;
  /** Milliseconds until an ordinary request is answered, from when it came, and between two pieces of its answer. */
  deadlineMs: number;
  /** Milliseconds for a streamed one, from when its body was sent. */
  streamDeadlineMs: number;
  /** Failures in a row after which the service is left alone, and milliseconds for which. Default 5 and 2,000. */
  failuresToOpen?: number;
  openForMs?: number;
}

export interface UpstreamRequest {
  method: Dispatcher.HttpMethod;
  /** Path and query. */
  path: string;
  headers: Record<string, string | string[] | undefined>;
}
export type UpstreamAnswer = Dispatcher.ResponseData;

const openForMs = 2_000;

/**
 * The way to one service. Ordinary requests and streams have connections of their own, so that neither can keep the
 * other waiting. A service that hangs is left alone for a while (ADR 17).
 */
export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #circuit;
  readonly #patient;
  readonly #calls: Lane;
  readonly #streams: Lane;

  constructor(options: UpstreamOptions) {
    this.#options = options;
    this.#circuit = serviceCircuit({ openForMs, ...options });
    // A read whose connection broke was not answered yet, so it may be sent once more. It counts once.
    this.#patient = wrap(this.#circuit, triedAgain(isConnectionError));
    this.#calls = new Lane(options.url, options.connections, options.queue);
    this.#streams = new Lane(options.url, options.streams, 0);
  }

  /**
   * Sends an ordinary request. Its connection is kept until the answer has been read or destroyed.
   * @param body null for none
   * @param left aborts when the client has gone: one that waits for a connection is then not sent
   * @throws ApiError OVERLOADED where too many wait; else what the connection or the circuit breaker says
   */
  async call(request: UpstreamRequest, body: Buffer | null, left: AbortSignal): Promise<UpstreamAnswer> {
    const { deadlineMs } = this.#options;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new TooSlow(`No answer in ${deadlineMs} ms`)), deadlineMs);
    const policy = ['GET', 'HEAD'].includes(request.method) ? this.#patient : this.#circuit;
    try {
      return await this.#calls.take(AbortSignal.any([late.signal, left]), (pool) => {
        // Whoever came while one is tried out would wait as long as that one.
        if (stateOf(this.#circuit) === 'half-open') throw new BrokenCircuitError();
        const limits = { headersTimeout: 0, bodyTimeout: deadlineMs, signal: late.signal };
        return policy.execute(() => pool.request({ ...request, body, ...limits }));
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * As `call`, for a request or an answer that takes long: it never is the one that tries an open circuit out.
   * @param open begins to read the body, when there is a connection for it
   */
  async stream(
    request: UpstreamRequest,
    open: () => Readable | null,
    left: AbortSignal,
  ): Promise<UpstreamAnswer> {
    const { streamDeadlineMs } = this.#options;
    return this.#streams.take(left, (pool) => {
      if (stateOf(this.#circuit) !== 'closed') throw new BrokenCircuitError();
      const limits = { headersTimeout: streamDeadlineMs, bodyTimeout: streamDeadlineMs };
      return this.#circuit.execute(() => pool.request({ ...request, body: open(), ...limits }));
    });
  }

  /** For metrics. */
  get state(): { circuit: CircuitStateName; calls: LaneState; streams: LaneState } {
    return { circuit: stateOf(this.#circuit), calls: this.#calls.state, streams: this.#streams.state };
  }

  async close(): Promise<void> {
    await Promise.all([this.#calls.close(), this.#streams.close()]);
  }
}

export interface LaneState {
  /** Requests that have a connection, that wait for one, and that were refused since the start. */
  busy: number;
  waiting: number;
  refused: number;
}

/** So many connections, and so many who may wait for one. */
class Lane {
  readonly #pool: Pool;
  readonly #slots;
  readonly #connections: number;
  readonly #queue: number;
  #refused = 0;

  constructor(url: string, connections: number, queue: number) {
    this.#pool = new Pool(url, { connections, pipelining: 1, connect: { timeout: 2_000 } });
    this.#slots = bulkhead(connections, queue);
    [this.#connections, this.#queue] = [connections, queue];
  }

  get state(): LaneState {
    return {
      busy: this.#connections - this.#slots.executionSlots,
      waiting: this.#queue - this.#slots.queueSlots,
      refused: this.#refused,
    };
  }

  /**
   * Resolves with the answer; its place is free when its body has ended.
   * @param ending ends the waiting, not what was sent
   */
  take(ending: AbortSignal, send: (pool: Pool) => Promise<UpstreamAnswer>): Promise<UpstreamAnswer> {
    return new Promise((resolve, reject) => {
      const held = this.#slots.execute(async () => {
        const answer = await send(this.#pool);
        if (ending.aborted) return answer.body.dump();
        resolve(answer);
        // How it ends is for its reader.
        await finished(answer.body).catch(() => undefined);
      }, ending);
      held.catch((error: unknown) => reject(this.#named(error)));
      ending.addEventListener('abort', () => reject(ending.reason), { once: true });
    });
  }

  #named(error: unknown): unknown {
    if (!(error instanceof BulkheadRejectedError)) return error;
    this.#refused += 1;
    return new ApiError('OVERLOADED', { headers: { 'retry-after': '2' }, cause: error });
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
