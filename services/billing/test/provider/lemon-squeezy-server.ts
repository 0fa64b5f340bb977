import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { atFileEnd } from '@hivesync/testing';

/** What the next request gets instead of an answer: a status with headers, no answer at all, or a cut connection. */
export type ProviderTrouble =
  | { status: number; headers?: Record<string, string>; body?: string }
  | 'silence'
  | 'cut';

/** A request as it arrived. */
export interface ProviderRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
}

/**
 * A server on 127.0.0.1 that speaks the subscriptions part of LemonSqueezy's API, as
 * https://docs.lemonsqueezy.com/api/subscriptions describes it. Closed at the end of the test file.
 */
export interface LemonSqueezyServer {
  url: string;
  /** The only key that it lets in. */
  apiKey: string;
  /** Status by the provider's id of a subscription; others are not found. */
  subscriptions: Map<string, string>;
  /** Every request, in the order of arrival. */
  requests: ProviderRequest[];
  /** Requests that are being held now, and the most that there were at once. */
  held: { now: number; most: number };
  /** What the next requests get, one each, before it answers properly again. */
  trouble: ProviderTrouble[];
  /** Called, and awaited, after a request has had its effect and before it is answered. */
  beforeAnswer: () => Promise<void> | void;
}

const jsonApi = 'application/vnd.api+json';

/** Starts one with no subscriptions. */
export async function startLemonSqueezy(): Promise<LemonSqueezyServer> {
  const provider: LemonSqueezyServer = {
    url: '',
    apiKey: `test-key-${Math.random().toString(36).slice(2)}`,
    subscriptions: new Map(),
    requests: [],
    held: { now: 0, most: 0 },
    trouble: [],
    beforeAnswer: () => undefined,
  };
  const server = createServer(async (request, response) => {
    const { held } = provider;
    held.now += 1;
    held.most = Math.max(held.most, held.now);
    try {
      await answer(provider, request, response);
    } finally {
      held.now -= 1;
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address === 'object' && address) provider.url = `http://127.0.0.1:${address.port}`;
  atFileEnd(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return provider;
}

async function answer(provider: LemonSqueezyServer, request: IncomingMessage, response: ServerResponse) {
  const { method = '', url: path = '', headers } = request;
  provider.requests.push({ method, path, headers });
  const trouble = provider.trouble.shift();
  if (trouble === 'cut') {
    request.socket.resetAndDestroy();
    return;
  }
  if (trouble === 'silence') {
    await once(request.socket, 'close');
    return;
  }
  if (trouble) {
    response.writeHead(trouble.status, { 'content-type': jsonApi, ...trouble.headers });
    response.end(trouble.body ?? problem(trouble.status, 'Trouble'));
    return;
  }
  const [status, body] = act(provider, method, path, headers);
  await provider.beforeAnswer();
  response.writeHead(status, {
    'content-type': jsonApi,
    ...(status === 200 && { 'x-ratelimit-limit': '300', 'x-ratelimit-remaining': '299' }),
  });
  response.end(body);
}

function act(
  { apiKey, subscriptions, url }: LemonSqueezyServer,
  method: string,
  path: string,
  headers: IncomingMessage['headers'],
): [status: number, body: string] {
  if (headers.authorization !== `Bearer ${apiKey}`) return [401, problem(401, 'Unauthorized')];
  if (headers.accept !== jsonApi) return [406, problem(406, 'Not Acceptable')];
  const id = decodeURIComponent(/^\/v1\/subscriptions\/([^/?]+)$/.exec(path)?.[1] ?? '');
  if (!subscriptions.has(id)) return [404, problem(404, 'Not Found')];
  if (method === 'DELETE') {
    if (subscriptions.get(id) === 'expired') return [422, problem(422, 'Unprocessable Entity')];
    subscriptions.set(id, 'cancelled');
  } else if (method !== 'GET') return [405, problem(405, 'Method Not Allowed')];
  return [200, subscription(url, id, subscriptions.get(id) ?? '')];
}

function subscription(url: string, id: string, status: string): string {
  const now = new Date().toISOString();
  return JSON.stringify({
    jsonapi: { version: '1.0' },
    links: { self: `${url}/v1/subscriptions/${id}` },
    data: {
      type: 'subscriptions',
      id,
      attributes: {
        store_id: 1,
        customer_id: 1,
        order_id: 1,
        order_item_id: 1,
        product_id: 1,
        variant_id: 1,
        product_name: 'HiveSync',
        variant_name: 'Pro',
        user_name: 'Somebody',
        user_email: 'somebody@example.com',
        status,
        cancelled: status === 'cancelled',
        pause: null,
        trial_ends_at: null,
        renews_at: now,
        ends_at: status === 'cancelled' ? now : null,
        created_at: now,
        updated_at: now,
        test_mode: true,
      },
      links: { self: `${url}/v1/subscriptions/${id}` },
    },
  });
}

const problem = (status: number, title: string): string =>
  JSON.stringify({
    jsonapi: { version: '1.0' },
    errors: [{ status: String(status), title, detail: `${title}.` }],
  });
