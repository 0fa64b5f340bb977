import { type ServiceName, serviceNames } from '@hivesync/contracts';
import { wrap } from 'cockatiel';
import { serviceCircuit, TooSlow, triedAgain } from './circuit.ts';
import { isConnectionError, isNeverSent } from './connection-errors.ts';
import { unavailable, upstreamError } from './upstream-error.ts';

export interface ServiceCallOptions {
  /** Where each service listens, e.g. `http://127.0.0.1:8081`. */
  serviceUrls: Readonly<Record<string, string>>;
  /** A bearer token that the service accepts, asked for at each call. */
  tokens(service: ServiceName): Promise<string>;
  /** Milliseconds for a call, its second try and reading the answer included. Default 2,000. */
  deadlineMs?: number;
  /** How often a call whose connection failed is tried again. Default 1. */
  retries?: number;
  /** Failures in a row after which a service is left alone, and milliseconds for which. Default 5 and 5,000. */
  failuresToOpen?: number;
  openForMs?: number;
  /** Hears when a service is left alone (true), and when it answered again. */
  onCircuit?: ((service: ServiceName, open: boolean) => void) | undefined;
}

export interface ServiceCall {
  /** Default: POST where there is a body, else GET. */
  method?: string;
  headers?: RequestInit['headers'];
  /** Sent as JSON. */
  body?: unknown;
  /** The request that led to this call; the service logs and answers under the same id. */
  requestId?: string | undefined;
  /** Milliseconds, where the call is not like most. */
  deadlineMs?: number | undefined;
  /** Ends the call, and the reading of a streamed answer. Its reason is what is thrown. */
  signal?: AbortSignal | undefined;
  /** The call may arrive twice, so it is sent again after a connection that broke. Default: GET and HEAD. */
  repeatable?: boolean;
  /** The circuit breaker is left out: all others would wait for such a call when it is the one try. */
  takesMinutes?: boolean;
  /** The answer is handed on as it comes in; the deadline is for its beginning. Default: it is read whole. */
  streamed?: boolean;
  /** A catalogued 4xx is thrown as what it says: for calls that carry what a person said. Default: as unavailable. */
  relaysRefusals?: boolean;
}

/**
 * Calls another service; there is an answer on 2xx alone.
 * @throws ApiError UPSTREAM_UNAVAILABLE where there is none: unreachable, too slow, left alone, a redirect, an error.
 */
export type CallService = (service: ServiceName, path: string, call?: ServiceCall) => Promise<Response>;

/** Answers of a service in distress; a plain 500 may be one bad request, and a 4xx is the caller's. */
const distress = new Set([502, 503, 504]);
const inDistress = (answer: unknown) => answer instanceof Response && distress.has(answer.status);

/** Made once a process or app: the circuit breaker of each service is shared by all its callers. */
export function callingServices(options: ServiceCallOptions): CallService {
  const repeated = triedAgain(isConnectionError, options.retries);
  const sentOnce = triedAgain(isNeverSent, options.retries);
  const { onCircuit } = options;
  const breakers = new Map(
    serviceNames.map((service) => [
      service,
      serviceCircuit({ ...options, inDistress, onChange: (open) => onCircuit?.(service, open) }),
    ]),
  );

  async function exchange(service: ServiceName, path: string, call: ServiceCall, ending: AbortSignal) {
    const { body, method = body === undefined ? 'GET' : 'POST' } = call;
    const { repeatable = method === 'GET' || method === 'HEAD' } = call;
    const base = options.serviceUrls[service];
    if (base === undefined) throw new Error(`SERVICE_URLS does not name ${service}`);
    const headers = new Headers(call.headers);
    headers.set('authorization', `Bearer ${await options.tokens(service)}`);
    if (body !== undefined) headers.set('content-type', 'application/json');
    if (call.requestId) headers.set('x-request-id', call.requestId);
    const retries = repeatable ? repeated : sentOnce;
    // A call counts once, however often it was tried.
    const policy = call.takesMinutes ? retries : wrap(breakers.get(service)!, retries);
    return policy.execute(async () => {
      const answer = await fetch(new URL(path, base), {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        redirect: 'error',
        signal: ending,
      });
      return call.streamed && answer.ok ? answer : whole(answer);
    }, ending);
  }

  return async (service, path, call = {}) => {
    const late = new AbortController();
    const ending = AbortSignal.any([late.signal, ...(call.signal ? [call.signal] : [])]);
    const deadlineMs = call.deadlineMs ?? options.deadlineMs ?? 2_000;
    const timer = setTimeout(() => late.abort(new TooSlow(`No answer in ${deadlineMs} ms`)), deadlineMs);
    let answer: Response;
    try {
      answer = await Promise.race([exchange(service, path, call, ending), endOf(ending)]);
    } catch (error) {
      // The caller gave up by itself.
      if (call.signal?.aborted) throw call.signal.reason;
      throw unavailable(service, error);
    } finally {
      clearTimeout(timer);
    }
    if (!answer.ok) throw await upstreamError(service, answer, call.relaysRefusals);
    return answer;
  };
}

/**
 * Rejects when `signal` ends, for a call that waits for another's try of an open circuit and has sent nothing that
 * could end. One that was sent ends by itself and is counted first, hence a turn later.
 */
function endOf(signal: AbortSignal): Promise<never> {
  return new Promise((_done, reject) => {
    signal.addEventListener('abort', () => setImmediate(reject, signal.reason), { once: true });
  });
}

async function whole(answer: Response): Promise<Response> {
  const body = await answer.arrayBuffer();
  const { status, statusText, headers } = answer;
  return new Response(body.byteLength > 0 ? body : null, { status, statusText, headers });
}

/**
 * The body of an answer as its schema says, e.g. `fitting('identity', reply, answer.json())`.
 * @throws ApiError UPSTREAM_UNAVAILABLE where it is not JSON or does not fit the compiled schema
 */
export async function fitting<Answer>(
  service: ServiceName,
  schema: { Check(value: unknown): value is Answer },
  body: Promise<unknown>,
): Promise<Answer> {
  const value = await body.catch((error: unknown) => {
    if (error instanceof SyntaxError) throw unavailable(service, error);
    throw error;
  });
  if (!schema.Check(value)) throw unavailable(service, new Error(`The answer of ${service} does not fit`));
  return value;
}
