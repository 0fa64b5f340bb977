/** The payment provider's API, as far as it is used: https://docs.lemonsqueezy.com/api/subscriptions */
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';

export interface LemonSqueezyOptions {
  /** Base URL, without `/v1`. */
  url: string;
  /** Sent to that URL and nowhere else: redirects are not followed, and no error holds it. */
  apiKey: string;
  /** Milliseconds for one operation, every request and body of it included; default 10,000. */
  deadlineMs?: number | undefined;
}

/** `canceled`: it is not renewed any more; `not_found`: the provider does not have it. */
export type CancelOutcome = 'canceled' | 'not_found';

export interface LemonSqueezyClient {
  /**
   * Ends a subscription at its next renewal. Doing it twice is as doing it once.
   * @param id the provider's id of the subscription
   * @throws ProviderError, or the signal's reason when that aborts
   */
  cancelSubscription(id: string, signal: AbortSignal): Promise<CancelOutcome>;
}

/**
 * `refused` (401, 403): the key; `throttled` (429): more than 300 calls a minute; `rejected`: the request;
 * `unexpected`: an answer that the documentation does not have. Each may be tried again, after the pause that fits it.
 */
export type ProviderFailure =
  | 'unreachable'
  | 'timeout'
  | 'refused'
  | 'throttled'
  | 'rejected'
  | 'failing'
  | 'unexpected';

/** The provider did not do what it was asked for. What it said is not repeated: it may hold what nobody should log. */
export class ProviderError extends Error {
  override name = 'ProviderError';
  readonly failure: ProviderFailure;
  /** As Retry-After asks, 0 to 3,600. */
  readonly retryAfterSeconds: number | undefined;

  constructor(failure: ProviderFailure, detail: string | number, retryAfterSeconds?: number) {
    super(`LemonSqueezy: ${failure} (${detail})`);
    this.failure = failure;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const subscriptionDocument = Compile(
  Type.Object({
    data: Type.Object({
      type: Type.Literal('subscriptions'),
      id: Type.String(),
      attributes: Type.Object({ status: Type.String() }),
    }),
  }),
);
/** Tells an answer of the API from one of whatever else may stand at a wrong URL. */
const errorDocument = Compile(Type.Object({ errors: Type.Array(Type.Object({}), { minItems: 1 }) }));
const mediaType = 'application/vnd.api+json';

/** A client of one store. It makes each request once: when to ask again is for the caller, who can wait for days. */
export function lemonSqueezyClient(options: LemonSqueezyOptions): LemonSqueezyClient {
  return {
    async cancelSubscription(id, signal) {
      const deadline = AbortSignal.timeout(options.deadlineMs ?? 10_000);
      const ask = (method: 'DELETE' | 'GET') => request(options, method, id, { signal, deadline });
      const answer = await ask('DELETE');
      if (answer.status !== 422) return outcomeOf(id, answer);
      // It cannot be canceled in the state that it is in. In which?
      return outcomeOf(id, await ask('GET'), answer.status);
    },
  };
}

interface Answer {
  status: number;
  /** Parsed; undefined where that is no JSON. */
  body: unknown;
}

async function request(
  { url, apiKey }: LemonSqueezyOptions,
  method: 'DELETE' | 'GET',
  id: string,
  { signal, deadline }: { signal: AbortSignal; deadline: AbortSignal },
): Promise<Answer> {
  try {
    const response = await fetch(new URL(`/v1/subscriptions/${encodeURIComponent(id)}`, url), {
      method,
      headers: { accept: mediaType, 'content-type': mediaType, authorization: `Bearer ${apiKey}` },
      redirect: 'error',
      signal: AbortSignal.any([signal, deadline]),
    });
    const text = await response.text();
    const { status } = response;
    if (status === 401 || status === 403) throw new ProviderError('refused', status);
    if (status === 429) throw new ProviderError('throttled', status, retryAfter(response));
    if (status >= 500) throw new ProviderError('failing', status, retryAfter(response));
    return { status, body: parsed(text) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ProviderError) throw error;
    if (deadline.aborted) throw new ProviderError('timeout', 'no answer in time');
    throw new ProviderError('unreachable', codeOf(error));
  }
}

/** @param refusal status of an attempt to cancel that came before: what is not over then stays as it is */
function outcomeOf(id: string, { status, body }: Answer, refusal?: number): CancelOutcome {
  if (status === 404 && errorDocument.Check(body)) return 'not_found';
  if (status === 200 && subscriptionDocument.Check(body) && body.data.id === id) {
    if (['cancelled', 'expired'].includes(body.data.attributes.status)) return 'canceled';
    if (refusal) throw new ProviderError('rejected', refusal);
    throw new ProviderError('unexpected', 'still to be renewed');
  }
  if (status >= 400 && status !== 404) throw new ProviderError('rejected', status);
  throw new ProviderError('unexpected', status);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function retryAfter(response: Response): number | undefined {
  const header = response.headers.get('retry-after');
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1_000;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), 3_600) : undefined;
}

/** Of the failure below fetch's own, e.g. ECONNREFUSED. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'fetch';
}
