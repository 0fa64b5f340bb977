import type { ServiceName } from '@hivesync/contracts';
import createFetchClient, { type Client } from 'openapi-fetch';
import type { CallService, ServiceCall } from './call-service.ts';

export type ServiceClient<Paths extends object> = (
  context?: Pick<ServiceCall, 'requestId' | 'deadlineMs'>,
) => Client<Paths>;

/**
 * A typed client of one service; `Paths` is what was generated from its OpenAPI document. Each call names the
 * request that it belongs to: `identity({ requestId }).POST('/internal/users/find-by-email', { body: { email } })`.
 *
 * A method answers only on 2xx.
 * @throws ApiError with the service's code for a catalogued 4xx, else UPSTREAM_UNAVAILABLE.
 */
export function createClient<Paths extends object>(
  service: ServiceName,
  callService: CallService,
): ServiceClient<Paths> {
  return (context = {}) =>
    createFetchClient<Paths>({
      // A Request needs some origin; the true one is known to `callService`.
      baseUrl: `http://${service}.invalid`,
      async fetch(request) {
        const { pathname, search } = new URL(request.url);
        return callService(service, pathname + search, {
          ...context,
          method: request.method,
          headers: request.headers,
          ...(request.body && { body: await request.json() }),
          signal: request.signal,
          relaysRefusals: true,
        });
      },
    });
}

/**
 * The body of an answer. openapi-fetch types it as perhaps absent, for answers that are errors; `createClient`
 * throws on those, so what is absent here is a body that the document promised.
 * @throws SyntaxError where there is none, as where it is not JSON
 */
export async function bodyOf<Data>(call: Promise<{ data?: Data }>): Promise<Data> {
  const { data } = await call;
  if (data === undefined) throw new SyntaxError('The answer has no body');
  return data;
}
