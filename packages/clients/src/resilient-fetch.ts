import {
  type CircuitBreakerPolicy,
  ConsecutiveBreaker,
  ConstantBackoff,
  circuitBreaker,
  handleAll,
  handleWhen,
  isBrokenCircuitError,
  retry,
  wrap,
} from 'cockatiel';
import { unavailable } from './upstream-error.ts';

export interface Resilience {
  /** Milliseconds for one call, retries and reading the answer included. Default 3000. */
  deadlineMs?: number;
  /** How often a call that got no connection is tried again. Default 1. */
  retries?: number;
  /** Failures in a row that open the circuit. Default 5. */
  failuresToOpen?: number;
  /** Milliseconds for which an open circuit refuses calls before it lets one try. Default 5000. */
  openForMs?: number;
}

type Fetch = (request: Request) => Promise<Response>;

/** The request never left, so nothing was done and even a POST may be sent again. */
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** The connection broke under way: the other side may have acted, so only reads are sent again. */
const brokenUnderWay = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
/** Answers of a service in distress count against its circuit; a plain 500 may be one bad request. */
const distress = new Set([502, 503, 504]);

/**
 * A `fetch` for one upstream, with one deadline over all attempts, retries on connection errors alone and a
 * circuit breaker that is shared by all its callers. The answer is read whole, so the deadline covers the body too.
 *
 * @throws ApiError UPSTREAM_UNAVAILABLE where there is no answer: unreachable, too slow, or the circuit is open.
 */
export function resilientFetch(service: string, options: Resilience = {}): Fetch {
  const { deadlineMs = 3_000, openForMs = 5_000 } = options;
  const breaker = circuitBreaker(
    handleAll.orWhenResult((answer) => answer instanceof Response && distress.has(answer.status)),
    { breaker: new ConsecutiveBreaker(options.failuresToOpen ?? 5), halfOpenAfter: openForMs },
  );
  const reads = attempts(
    options.retries ?? 1,
    breaker,
    (code) => neverSent.has(code) || brokenUnderWay.has(code),
  );
  const writes = attempts(options.retries ?? 1, breaker, (code) => neverSent.has(code));

  return async (request) => {
    const deadline = AbortSignal.timeout(deadlineMs);
    const policy = request.method === 'GET' || request.method === 'HEAD' ? reads : writes;
    try {
      return await policy.execute(
        () => whole(request, AbortSignal.any([request.signal, deadline])),
        request.signal,
      );
    } catch (error) {
      // The caller gave up by itself: that says nothing of the upstream.
      if (request.signal.aborted) throw request.signal.reason;
      const seconds = isBrokenCircuitError(error) ? Math.ceil(openForMs / 1_000) : 1;
      throw unavailable(service, seconds, error);
    }
  };
}

function attempts(retries: number, breaker: CircuitBreakerPolicy, mayRetry: (code: string) => boolean) {
  return wrap(
    retry(
      handleWhen((error) => mayRetry(connectionErrorCode(error))),
      { maxAttempts: retries, backoff: new ConstantBackoff(50) },
    ),
    breaker,
  );
}

async function whole(request: Request, signal: AbortSignal): Promise<Response> {
  // A request's body can be read once; each attempt sends a copy.
  const answer = await fetch(request.clone(), { signal });
  const body = await answer.arrayBuffer();
  return new Response(body.byteLength > 0 ? body : null, {
    status: answer.status,
    statusText: answer.statusText,
    headers: answer.headers,
  });
}

/** The system's or undici's code of a failed connection, e.g. `ECONNREFUSED`; empty for anything else. */
function connectionErrorCode(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : '';
}
