import type { ServiceName } from '@hivesync/contracts';
import createFetchClient, { type Client } from 'openapi-fetch';
import { type Resilience, resilientFetch } from './resilient-fetch.ts';
import { upstreamError } from './upstream-error.ts';

export interface ServiceClientOptions extends Resilience {
  service: ServiceName;
  /** Where the service listens, e.g. `http://127.0.0.1:8081`. */
  baseUrl: string;
  /** A bearer token that this service accepts, fetched anew for each call. Absent: calls carry none. */
  token?: () => Promise<string>;
}

/** On whose account a call is made. */
export interface CallContext {
  /** The request that led to this call; the upstream logs and answers under the same id. */
  requestId?: string;
}

export type ServiceClient<Paths extends object> = (context?: CallContext) => Client<Paths>;

/**
 * A typed client of one service; `Paths` is what was generated from its OpenAPI document.
 * One is made a process, since deadline, retries and circuit breaker belong to the upstream; each call names
 * the request that it belongs to: `identity({ requestId }).POST('/internal/users/resolve', { body: { ids } })`.
 *
 * A method answers only on 2xx.
 * @throws ApiError with the upstream's code for a catalogued 4xx, else UPSTREAM_UNAVAILABLE.
 */
export function createClient<Paths extends object>(options: ServiceClientOptions): ServiceClient<Paths> {
  const fetch = resilientFetch(options.service, options);
  return (context = {}) => {
    const client = createFetchClient<Paths>({ baseUrl: options.baseUrl, fetch });
    client.use({
      async onRequest({ request }) {
        if (options.token) request.headers.set('authorization', `Bearer ${await options.token()}`);
        if (context.requestId) request.headers.set('x-request-id', context.requestId);
        return request;
      },
      async onResponse({ response }) {
        if (!response.ok) throw await upstreamError(options.service, response);
        return response;
      },
    });
    return client;
  };
}

/**
 * The body of an answer. openapi-fetch types it as perhaps absent, for answers that are errors; `createClient`
 * throws on those, so what is absent here is a body that the document promised.
 */
export async function bodyOf<Data>(call: Promise<{ data?: Data; response: Response }>): Promise<Data> {
  const { data, response } = await call;
  if (data === undefined) throw new TypeError(`${response.url || 'The upstream'} answered without a body`);
  return data;
}
