import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiError } from '@hivesync/contracts';
import { afterEach, expect, test } from 'vitest';
import { bodyOf, createClient } from '../src/index.ts';

interface Paths {
  '/things': {
    get: { responses: { 200: { content: { 'application/json': { name: string } } } } };
    post: {
      requestBody: { content: { 'application/json': { name: string } } };
      responses: { 201: { content: { 'application/json': { name: string } } } };
    };
  };
}

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

async function upstream(
  listener: RequestListener,
  port = 0,
): Promise<{ url: string; port: number; server: Server }> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  const address = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${address.port}`, port: address.port, server };
}

async function received(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

const client = (baseUrl: string, options = {}) =>
  createClient<Paths>({ service: 'identity', baseUrl, ...options });
const refusal = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable('the call was answered'),
    (error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      return error;
    },
  );

test('sends body, bearer token and request id, and gives back the typed answer', async () => {
  let seen: { body: unknown; headers: IncomingMessage['headers'] } | undefined;
  const { url } = await upstream(async (request, response) => {
    seen = { body: await received(request), headers: request.headers };
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"name":"made"}');
  });
  const things = client(url, { token: async () => 'a-token' });

  const made = await bodyOf(things({ requestId: 'req-1' }).POST('/things', { body: { name: 'new' } }));

  expect(made.name).toBe('made');
  expect(seen?.body).toEqual({ name: 'new' });
  expect(seen?.headers).toMatchObject({ authorization: 'Bearer a-token', 'x-request-id': 'req-1' });
});

test('a catalogued 4xx becomes an ApiError with the code, detail, errors and entity tag of the upstream', async () => {
  const { url } = await upstream((_request, response) => {
    response.writeHead(412, { 'content-type': 'application/problem+json; charset=utf-8', etag: '"7"' }).end(
      JSON.stringify({
        code: 'PRECONDITION_FAILED',
        detail: 'stale',
        errors: [{ path: '/a', message: 'b' }],
      }),
    );
  });

  const error = await refusal(client(url)().GET('/things'));

  expect(error).toMatchObject({ code: 'PRECONDITION_FAILED', detail: 'stale', headers: { etag: '"7"' } });
  expect(error.errors).toEqual([{ path: '/a', message: 'b' }]);
});

test.each([
  ['a 5xx with insides', 500, 'application/problem+json', '{"code":"INTERNAL","detail":"secret stack"}'],
  ['a 4xx that is no problem document', 404, 'text/html', '<h1>secret</h1>'],
  ['a code that is not catalogued', 418, 'application/problem+json', '{"code":"TEAPOT"}'],
  ['a problem document that is cut off', 404, 'application/problem+json', '{"code":'],
])('%s becomes UPSTREAM_UNAVAILABLE and shows nothing of it', async (_name, status, type, body) => {
  const { url } = await upstream((_request, response) => {
    response.writeHead(status, { 'content-type': type }).end(body);
  });

  const error = await refusal(client(url)().GET('/things'));

  expect(error.code).toBe('UPSTREAM_UNAVAILABLE');
  expect(error.message).not.toContain('secret');
  expect(error.headers['retry-after']).toBe('1');
});

test('a read whose connection breaks is sent once more, a write is not', async () => {
  let calls = 0;
  const { url } = await upstream((request, response) => {
    calls += 1;
    if (calls % 2 === 1) request.socket.destroy();
    else response.writeHead(200, { 'content-type': 'application/json' }).end('{"name":"second"}');
  });
  const things = client(url);

  expect((await bodyOf(things().GET('/things'))).name).toBe('second');
  expect(calls).toBe(2);

  const error = await refusal(things().POST('/things', { body: { name: 'once' } }));
  expect(error.code).toBe('UPSTREAM_UNAVAILABLE');
  expect(calls).toBe(3);
});

test('a write that got no connection is sent again, since nothing was done', async () => {
  const { port, server } = await upstream(() => undefined);
  await new Promise((done) => server.close(done));
  const things = client(`http://127.0.0.1:${port}`, { retries: 20 });

  const call = bodyOf(things().POST('/things', { body: { name: 'patient' } }));
  await new Promise((done) => setTimeout(done, 60));
  await upstream((_request, response) => {
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"name":"made"}');
  }, port);

  expect((await call).name).toBe('made');
});

test('the deadline holds for a silent upstream and for one that stops in the middle of its body', async () => {
  const silent = await upstream(() => undefined);
  const stalling = await upstream((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{"name":');
  });

  for (const { url } of [silent, stalling]) {
    const started = performance.now();
    const error = await refusal(client(url, { deadlineMs: 150 })().GET('/things'));
    expect(error.code).toBe('UPSTREAM_UNAVAILABLE');
    expect(performance.now() - started).toBeLessThan(2_000);
  }
});

test('the circuit opens after failures in a row, refuses without a call, and closes on the first success', async () => {
  let calls = 0;
  let healthy = false;
  const { url } = await upstream((_request, response) => {
    calls += 1;
    response.writeHead(healthy ? 200 : 503, { 'content-type': 'application/json' }).end('{"name":"back"}');
  });
  const things = client(url, { failuresToOpen: 3, openForMs: 200 });
  for (let i = 0; i < 3; i += 1) await refusal(things().GET('/things'));

  const refused = await refusal(things().GET('/things'));
  expect(refused.headers['retry-after']).toBe('1');
  expect(calls).toBe(3);

  healthy = true;
  await new Promise((done) => setTimeout(done, 250));
  expect((await bodyOf(things().GET('/things'))).name).toBe('back');
  expect((await bodyOf(things().GET('/things'))).name).toBe('back');
  expect(calls).toBe(5);
});

test('refusals of the caller do not open the circuit', async () => {
  let calls = 0;
  const { url } = await upstream((_request, response) => {
    calls += 1;
    response.writeHead(404, { 'content-type': 'application/problem+json' }).end('{"code":"NOT_FOUND"}');
  });
  const things = client(url, { failuresToOpen: 2 });
  for (let i = 0; i < 6; i += 1) expect((await refusal(things().GET('/things'))).code).toBe('NOT_FOUND');
  expect(calls).toBe(6);
});
