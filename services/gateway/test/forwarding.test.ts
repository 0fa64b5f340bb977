import { createServer, request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiError } from '@hivesync/contracts';
import Fastify from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { type ForwardingOptions, forwarding } from '../src/forwarding.ts';
import { forwardingLimits } from '../src/forwarding-limits.ts';
import type { PublicRoute } from '../src/public-routes.ts';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const route = (method: PublicRoute['method'], url: string): PublicRoute => ({
  service: 'projects',
  method,
  path: url,
  url,
});

async function upstream(listener: RequestListener, port = 0): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  opened.push(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A real server in front of `projects`; errors are rendered in short. */
async function door(projects: string | undefined, options: Partial<ForwardingOptions> = {}): Promise<string> {
  const app = Fastify({ genReqId: () => 'this-request' });
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof ApiError)) throw error;
    return reply.status(error.status).headers(error.headers).send({ code: error.code });
  });
  await app.register(
    async (scope) =>
      void (await forwarding(scope, {
        ...forwardingLimits(loadConfig({ PORT: '0', SERVICE_URLS: '{}' })),
        routes: [
          route('GET', '/api/v1/tasks/:id'),
          route('POST', '/api/v1/tasks/:id'),
          route('DELETE', '/api/v1/tasks/:id'),
          route('GET', '/api/v1/tasks/:id/labels/:label'),
        ],
        serviceUrls: projects === undefined ? {} : { projects },
        deadlineMs: 5_000,
        bodyLimit: 1_000_000,
        ...options,
      })),
  );
  opened.push(() => app.close());
  return app.listen({ port: 0, host: '127.0.0.1' });
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** node:http rather than fetch, which may send neither hop headers nor odd paths. */
function send(
  url: string,
  options: { method?: string; path: string; headers?: Record<string, string>; body?: string | Buffer[] },
): Promise<{ status: number; headers: IncomingMessage['headers']; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      url,
      { method: options.method ?? 'GET', path: options.path, headers: options.headers ?? {} },
      async (answer) => {
        const body = (await bytesOf(answer)).toString();
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body });
      },
    );
    outgoing.on('error', reject);
    if (Array.isArray(options.body)) for (const chunk of options.body) outgoing.write(chunk);
    outgoing.end(Array.isArray(options.body) ? undefined : options.body);
  });
}

test('method, path, query and body arrive as sent, and status, headers and body come back as answered', async () => {
  let seen: { method?: string; url?: string; body: string; type?: string } | undefined;
  const url = await door(
    await upstream(async (request, response) => {
      const body = (await bytesOf(request)).toString();
      seen = { method: request.method, url: request.url, body, type: request.headers['content-type'] };
      response
        .writeHead(412, {
          'content-type': 'application/problem+json',
          etag: '"3"',
          'set-cookie': ['a=1', 'b=2'],
        })
        .end('{"code":"PRECONDITION_FAILED"}');
    }),
  );

  const answer = await send(url, {
    method: 'POST',
    path: '/api/v1/tasks/1?q=a%20b&q=c',
    headers: { 'content-type': 'application/json' },
    body: '{"not": parsed here',
  });

  expect(seen).toEqual({
    method: 'POST',
    url: '/api/v1/tasks/1?q=a%20b&q=c',
    body: '{"not": parsed here',
    type: 'application/json',
  });
  expect(answer.status).toBe(412);
  expect(answer.headers).toMatchObject({
    'content-type': 'application/problem+json',
    etag: '"3"',
    'set-cookie': ['a=1', 'b=2'],
  });
  expect(answer.body).toBe('{"code":"PRECONDITION_FAILED"}');
});

test('hop-by-hop headers and what a client says of proxies stay outside; the true address and the id go in', async () => {
  let seen: IncomingMessage['headers'] = {};
  const url = await door(
    await upstream((request, response) => {
      seen = request.headers;
      response.writeHead(200, { 'keep-alive': 'timeout=99', 'x-kept': 'yes', ratelimit: '"own";r=1' }).end();
    }),
  );

  const answer = await send(url, {
    path: '/api/v1/tasks/1',
    headers: {
      authorization: 'Bearer token',
      'x-kept': 'yes',
      connection: 'x-secret-hop',
      'x-secret-hop': '1',
      te: 'trailers',
      'proxy-authorization': 'Basic x',
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-anything': '1',
      forwarded: 'for=6.6.6.6',
      'x-real-ip': '6.6.6.6',
      'x-request-id': 'spoofed by reply',
    },
  });

  expect(seen).toMatchObject({
    authorization: 'Bearer token',
    'x-kept': 'yes',
    'x-forwarded-for': '127.0.0.1',
    'x-request-id': 'this-request',
  });
  for (const gone of [
    'x-secret-hop',
    'te',
    'proxy-authorization',
    'x-forwarded-anything',
    'forwarded',
    'x-real-ip',
  ]) {
    expect(seen).not.toHaveProperty(gone);
  }
  expect(answer.headers['x-kept']).toBe('yes');
  expect(answer.headers).not.toHaveProperty('ratelimit');
  expect(answer.headers['keep-alive']).not.toBe('timeout=99');
});

test('no spelling of dot segments leads out of the route that it matched', async () => {
  const asked: string[] = [];
  const url = await door(
    await upstream((request, response) => {
      asked.push(request.url ?? '');
      response.end();
    }),
  );
  for (const path of [
    '/api/v1/tasks/%2e%2e/labels/%2E%2e',
    '/api/v1/tasks/..',
    '/api/v1/tasks/.%2e',
    '/api/v1/tasks/x%2f..%2f..%2f..%2f..%2finternal',
    '/api/v1/tasks/x\\..\\..\\..\\..\\internal',
    '/api/v1/tasks/../../../internal/events',
    '//api/v1/tasks/1',
    '/internal/events',
    '/metrics',
  ]) {
    const { status } = await send(url, { path });
    expect(status, path).toBeGreaterThanOrEqual(400);
    expect(status, path).toBeLessThan(500);
  }
  expect(asked).toEqual([]);
});

test('a GET that carries a body is forwarded without it, a DELETE without a body stays without', async () => {
  const seen: string[] = [];
  const url = await door(
    await upstream(async (request, response) => {
      seen.push(
        `${request.method} ${request.headers['content-length'] ?? '-'} ${(await bytesOf(request)).length}`,
      );
      response.writeHead(204).end();
    }),
  );
  const headers = { 'content-type': 'application/json', 'content-length': '2' };
  expect((await send(url, { path: '/api/v1/tasks/1', headers, body: '{}' })).status).toBe(204);
  expect((await send(url, { path: '/api/v1/tasks/1', method: 'DELETE' })).status).toBe(204);
  expect(seen.map((line) => line.replace(/ 0 0$/, ' - 0'))).toEqual(['GET - 0', 'DELETE - 0']);
});

test('bodies stream: an answer’s first piece arrives before its last is written', async () => {
  let finish: () => void = () => undefined;
  const url = await door(
    await upstream((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).write('first');
      finish = () => response.end('last');
    }),
  );
  const answer = await fetch(`${url}/api/v1/tasks/1`);
  const reader = answer.body?.getReader();
  const first = await reader?.read();
  expect(Buffer.from(first?.value ?? []).toString()).toBe('first');
  finish();
  const second = await reader?.read();
  expect(Buffer.from(second?.value ?? []).toString()).toBe('last');
});

test('a body over the limit is 413, whether its length is announced or not', async () => {
  let received = 0;
  const url = await door(
    await upstream(async (request, response) => {
      try {
        received += (await bytesOf(request)).length;
        response.end();
      } catch {
        response.destroy();
      }
    }),
    { bodyLimit: 1_000 },
  );
  const post = { method: 'POST', path: '/api/v1/tasks/1' };
  const type = { 'content-type': 'application/octet-stream' };
  const announced = await send(url, {
    ...post,
    headers: { ...type, 'content-length': '1001' },
    body: 'x'.repeat(1_001),
  });
  expect([announced.status, JSON.parse(announced.body).code]).toEqual([413, 'BODY_TOO_LARGE']);
  const chunked = await send(url, { ...post, headers: type, body: [Buffer.alloc(800), Buffer.alloc(800)] });
  expect([chunked.status, JSON.parse(chunked.body).code]).toEqual([413, 'BODY_TOO_LARGE']);
  expect(received).toBe(0);
  expect((await send(url, { ...post, headers: type, body: 'x'.repeat(1_000) })).status).toBe(200);
});

test('an upload streams: larger than other bodies, slower than other answers, and refused before it is sent', async () => {
  let [received, refuse] = [0, false];
  const url = await door(
    await upstream(async (request, response) => {
      if (refuse) return void response.writeHead(507).end('{}');
      try {
        for await (const chunk of request) received += chunk.length;
        response.writeHead(204).end();
      } catch {
        response.destroy(); // the gateway has broken off
      }
    }),
    {
      routes: [{ ...route('PUT', '/api/v1/objects/:id'), streamsBody: true }],
      bodyLimit: 1_000,
      uploadLimit: 8_000_000,
      deadlineMs: 200,
    },
  );
  const put = { method: 'PUT', path: '/api/v1/objects/1', headers: { 'content-type': 'image/png' } };
  const slow = new ReadableStream<Buffer>({
    async start(controller) {
      controller.enqueue(Buffer.alloc(100));
      while (received === 0) await new Promise((done) => setTimeout(done, 5));
      // The first piece is there before the second is sent, which comes later than other answers may.
      await new Promise((done) => setTimeout(done, 400));
      controller.enqueue(Buffer.alloc(100));
      controller.close();
    },
  });
  expect((await fetch(url + put.path, { method: 'PUT', body: slow, duplex: 'half' })).status).toBe(204);
  expect(received).toBe(200);
  const megabyte = Buffer.alloc(1_000_000);
  expect((await send(url, { ...put, body: Array(8).fill(megabyte) })).status).toBe(204);
  expect((await send(url, { ...put, body: [...Array(8).fill(megabyte), Buffer.alloc(1)] })).status).toBe(413);
  refuse = true;
  for (let attempt = 0; attempt < 20; attempt += 1) {
    expect((await send(url, { ...put, body: Array(8).fill(megabyte) })).status).toBe(507);
  }
});

test('a service that is down, unknown or silent is 503 with Retry-After and tells nothing of it', async () => {
  const silent = await upstream(() => undefined);
  for (const address of ['http://127.0.0.1:1', undefined, silent]) {
    const url = await door(address, { deadlineMs: 300 });
    const answer = await send(url, { path: '/api/v1/tasks/1' });
    expect([answer.status, JSON.parse(answer.body)]).toEqual([503, { code: 'UPSTREAM_UNAVAILABLE' }]);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  }
});

test('a read whose connection breaks is sent once more; a write is not, and a 503 is passed on at once', async () => {
  const calls: string[] = [];
  const url = await door(
    await upstream((request, response) => {
      calls.push(request.method ?? '');
      if (request.url?.endsWith('/busy')) response.writeHead(503).end('busy');
      else if (request.method === 'GET' && calls.length > 1) response.end('second');
      else request.socket.destroy();
    }),
  );
  expect((await send(url, { path: '/api/v1/tasks/1' })).body).toBe('second');
  expect(calls).toEqual(['GET', 'GET']);
  calls.length = 0;
  expect((await send(url, { path: '/api/v1/tasks/1', method: 'POST' })).status).toBe(503);
  expect(calls).toEqual(['POST']);
  calls.length = 0;
  expect((await send(url, { path: '/api/v1/tasks/busy' })).body).toBe('busy');
  expect(calls).toEqual(['GET']);
});
