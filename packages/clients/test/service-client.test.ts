import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiError } from '@hivesync/contracts';
import { afterEach, expect, test } from 'vitest';
import {
  bodyOf,
  callingServices,
  createClient,
  fitting,
  type ServiceCall,
  type ServiceCallOptions,
} from '../src/index.ts';

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

const calling = (identity: string, options: Partial<ServiceCallOptions> = {}) =>
  callingServices({ serviceUrls: { identity }, tokens: async () => 'a-token', ...options });
const client = (url: string, options: Partial<ServiceCallOptions> = {}) =>
  createClient<Paths>('identity', calling(url, options));
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
  const things = client(url);

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
        errors: [{ path: 'body/a', message: 'b' }],
      }),
    );
  });

  const error = await refusal(client(url)().GET('/things'));

  expect(error).toMatchObject({ code: 'PRECONDITION_FAILED', detail: 'stale', headers: { etag: '"7"' } });
  expect(error.errors).toEqual([{ path: 'body/a', message: 'b' }]);
});

test.each([
  ['a 5xx with insides', 500, 'application/problem+json', '{"code":"INTERNAL","detail":"secret stack"}'],
  ['a 4xx that is no problem document', 404, 'text/html', '<h1>secret</h1>'],
  ['a code that is not catalogued', 418, 'application/problem+json', '{"code":"TEAPOT"}'],
  ['a refusal of our own token', 401, 'application/problem+json', '{"code":"TOKEN_INVALID"}'],
  ['a problem document that is cut off', 404, 'application/problem+json', '{"code":'],
])('%s becomes UPSTREAM_UNAVAILABLE and shows nothing of it', async (_name, status, type, body) => {
  const { url } = await upstream((_request, response) => {
    response.writeHead(status, { 'content-type': type }).end(body);
  });

  const error = await refusal(client(url)().GET('/things'));

  expect(error.code).toBe('UPSTREAM_UNAVAILABLE');
  expect(error.message).not.toContain('secret');
  expect(error.headers['retry-after']).toBe('2');
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
  expect(refused.headers['retry-after']).toBe('2');
  expect(calls).toBe(3);

  healthy = true;
  await new Promise((done) => setTimeout(done, 250));
  expect((await bodyOf(things().GET('/things'))).name).toBe('back');
  expect((await bodyOf(things().GET('/things'))).name).toBe('back');
  expect(calls).toBe(5);
});

test.each([
  ['a refusal of the caller', 404, 'NOT_FOUND', 'NOT_FOUND'],
  ['a bug in one operation', 500, 'INTERNAL', 'UPSTREAM_UNAVAILABLE'],
])('%s does not open the circuit', async (_name, status, sent, code) => {
  let calls = 0;
  const { url } = await upstream((_request, response) => {
    calls += 1;
    response
      .writeHead(status, { 'content-type': 'application/problem+json' })
      .end(JSON.stringify({ code: sent }));
  });
  const things = client(url, { failuresToOpen: 2 });
  for (let i = 0; i < 6; i += 1) expect((await refusal(things().GET('/things'))).code).toBe(code);
  expect(calls).toBe(6);
});

test('silence opens the circuit, half an answer too; callers that leave do not', async () => {
  let calls = 0;
  const { url } = await upstream((_request, response) => {
    calls += 1;
    if (calls === 6) response.writeHead(200).write('half');
  });
  const call = calling(url, { failuresToOpen: 2, deadlineMs: 100 });
  for (let i = 0; i < 4; i += 1) {
    const left = AbortSignal.timeout(30);
    const error = await call('identity', '/things', { signal: left }).catch((reason: unknown) => reason);
    expect(error).toBe(left.reason);
  }
  for (let i = 0; i < 4; i += 1) await refusal(call('identity', '/things'));
  expect(calls).toBe(6);
});

test('the one try of an open circuit holds nobody longer than their own deadline', async () => {
  let status = 503;
  const { url } = await upstream((_request, response) => {
    const answer = () => response.writeHead(status).end();
    if (status === 200) setTimeout(answer, 400);
    else answer();
  });
  const call = calling(url, { failuresToOpen: 1, openForMs: 50 });
  await refusal(call('identity', '/things'));
  status = 200;
  await new Promise((done) => setTimeout(done, 80));
  let decided = false;
  const tried = call('identity', '/things').then(() => {
    decided = true;
  });
  await refusal(call('identity', '/things', { deadlineMs: 100 }));
  expect(decided).toBe(false);
  await tried;
  // Who left was not sent any more, so it did not open the circuit again.
  await call('identity', '/things');
});

test('what may arrive twice is sent again; what takes minutes asks no circuit', async () => {
  let calls = 0;
  const { url } = await upstream((request) => {
    calls += 1;
    request.socket.destroy();
  });
  const call = calling(url, { failuresToOpen: 1, openForMs: 60_000 });
  const asked = async (how: ServiceCall) => {
    const before = calls;
    await refusal(call('identity', '/things', how));
    return calls - before;
  };
  expect(await asked({ body: {}, takesMinutes: true })).toBe(1);
  expect(await asked({ body: {}, repeatable: true })).toBe(2);
  expect(await asked({})).toBe(0);
  expect(await asked({ body: {}, takesMinutes: true })).toBe(1);
});

test('a redirect is not followed, so no token goes where it leads', async () => {
  let calls = 0;
  const elsewhere = await upstream(() => {
    calls += 1;
  });
  const { url } = await upstream((_request, response) => {
    response.writeHead(307, { location: `${elsewhere.url}/things` }).end();
  });
  expect((await refusal(client(url)().GET('/things'))).code).toBe('UPSTREAM_UNAVAILABLE');
  expect(calls).toBe(0);
});

test('a streamed answer has its deadline for the beginning alone', async () => {
  const { url } = await upstream((_request, response) => {
    response.writeHead(200).write('first ');
    setTimeout(() => response.end('last'), 300);
  });
  const answer = await calling(url)('identity', '/things', { streamed: true, deadlineMs: 150 });
  expect(await answer.text()).toBe('first last');
});

test('what is no JSON, or no answer to that, is UPSTREAM_UNAVAILABLE; its Retry-After is kept', async () => {
  const schema = { Check: (value: unknown): value is 7 => value === 7 };
  for (const body of [Promise.resolve(8), new Response('<html>').json(), bodyOf(Promise.resolve({}))]) {
    expect((await refusal(fitting('identity', schema, body))).code).toBe('UPSTREAM_UNAVAILABLE');
  }
  expect(await fitting('identity', schema, Promise.resolve(7))).toBe(7);

  const { url } = await upstream((_request, response) => {
    response.writeHead(503, { 'retry-after': '30' }).end();
  });
  expect((await refusal(calling(url)('identity', '/things'))).headers['retry-after']).toBe('30');
});
