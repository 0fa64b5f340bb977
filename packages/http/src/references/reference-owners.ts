import {
  type AggregateName,
  ApiError,
  aggregates,
  type ServiceName,
  serviceNames,
} from '@hivesync/contracts';
import { type CircuitBreakerPolicy, ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import { Compile } from 'typebox/compile';
import type { ServiceTokens } from '../auth/service-tokens.ts';
import { AnyResolveReply, maxResolvedIds, type ResolvedReference } from './resolve-schemas.ts';

/** Those who know which ids exist. */
export interface ReferenceOwners {
  /**
   * What exists of `ids` (1 to 1,000).
   * @throws ApiError UPSTREAM_UNAVAILABLE where the owner gives no answer.
   */
  resolve(
    aggregate: AggregateName,
    ids: readonly string[],
    context: { requestId: string },
  ): Promise<ResolvedReference[]>;
  /**
   * The first `limit` (1 to 1,000) of all that exist after an id, in the order of their ids.
   * @throws ApiError UPSTREAM_UNAVAILABLE where the owner gives no answer.
   */
  list(
    aggregate: AggregateName,
    page: { after: string | null; limit: number },
    context: { requestId: string },
  ): Promise<ResolvedReference[]>;
}

export interface HttpReferenceOwnersOptions {
  serviceUrls: Readonly<Record<string, string>>;
  tokens: ServiceTokens;
  /** Milliseconds for a call, its retry included. Default 2,000. */
  deadlineMs?: number;
  /** Failures in a row after which an owner is left alone, and milliseconds for which. Default 5 and 5,000. */
  failuresToOpen?: number;
  openForMs?: number;
}

const reply = Compile(AnyResolveReply);
const connectionLost = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * Asks owners at their `/internal/<nouns>` and `/internal/<nouns>/resolve`, with one deadline and one circuit breaker per owner. Resolving
 * changes nothing there, so a call whose connection failed is made once more.
 */
export function httpReferenceOwners(options: HttpReferenceOwnersOptions): ReferenceOwners {
  const { serviceUrls, tokens, deadlineMs = 2_000, openForMs = 5_000 } = options;
  const breakers = new Map<ServiceName, CircuitBreakerPolicy>(
    serviceNames.map((name) => [
      name,
      circuitBreaker(handleAll, {
        breaker: new ConsecutiveBreaker(options.failuresToOpen ?? 5),
        halfOpenAfter: openForMs,
      }),
    ]),
  );

  async function ask(
    owner: ServiceName,
    path: string,
    requestId: string,
    signal: AbortSignal,
    body?: object,
  ) {
    const base = serviceUrls[owner];
    if (base === undefined) throw new Error(`SERVICE_URLS does not name ${owner}`);
    const answer = await fetch(new URL(path, base), {
      method: body ? 'POST' : 'GET',
      headers: {
        authorization: `Bearer ${await tokens(owner)}`,
        'x-request-id': requestId,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      redirect: 'error',
      signal,
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${owner} answered ${answer.status}`);
    return (reply.Parse(JSON.parse(text)) as { items: ResolvedReference[] }).items;
  }

  async function answerOf(owner: ServiceName, path: string, requestId: string, body?: object) {
    const signal = AbortSignal.timeout(deadlineMs);
    try {
      return await breakers.get(owner)!.execute(async () => {
        try {
          return await ask(owner, path, requestId, signal, body);
        } catch (error) {
          if (!isConnectionLost(error)) throw error;
          return ask(owner, path, requestId, signal, body);
        }
      });
    } catch (cause) {
      throw new ApiError('UPSTREAM_UNAVAILABLE', {
        detail: `The ${owner} service is not reachable.`,
        headers: { 'retry-after': '2' },
        cause,
      });
    }
  }

  return {
    async resolve(aggregate, ids, { requestId }) {
      if (ids.length === 0) return [];
      if (ids.length > maxResolvedIds)
        throw new RangeError(`at most ${maxResolvedIds} ids are resolved at once`);
      const { owner, resolvePath } = aggregates[aggregate];
      return answerOf(owner, resolvePath, requestId, { ids });
    },
    list(aggregate, { after, limit }, { requestId }) {
      const { owner, listPath } = aggregates[aggregate];
      const query = new URLSearchParams({ limit: String(limit), ...(after !== null && { after }) });
      return answerOf(owner, `${listPath}?${query}`, requestId);
    },
  };
}

function isConnectionLost(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return (
    cause instanceof Error &&
    'code' in cause &&
    typeof cause.code === 'string' &&
    connectionLost.has(cause.code)
  );
}
