import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '@hivesync/contracts';
import Fastify from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { type ForwardingOptions, forwarding, type Traffic } from '../src/forwarding.ts';
import { forwardingLimits } from '../src/forwarding-limits.ts';
import type { PublicRoute } from '../src/public-routes.ts';

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const limits = forwardingLimits(loadConfig({ PORT: '0', SERVICE_URLS: '{}' }));
const route = (method: PublicRoute['method'], url: string, more: Partial<PublicRoute> = {}): PublicRoute => ({
  service: 'projects',
  method,
  path: url,
  url,
  ...more,
});
const routes = [
  route('GET', '/quick'),
  route('GET', '/stuck'),
  route('GET', '/large'),
  route('POST', '/quick'),
  route('GET', '/file', { streamsAnswer: true }),
  route('PUT', '/file', { streamsBody: true }),
];

/** `/quick` is answered at once, `/stuck` never, `/large` and `/file` with many bytes; what is sent is read. */
const upstream: RequestListener = async (request, response) => {
  try {
    for await (const _piece of request);
  } catch {
    // The gateway has broken off.
    return;
  }
  const [path] = request.url?.split('?') ?? [];
  if (path === '/stuck') return;
  if (request.method === 'GET' && path === '/large') response.end(Buffer.alloc(900_000));
  else if (request.method === 'GET' && path === '/file') response.end(Buffer.alloc(50_000_000));
  else response.end('{}');
};

interface Door {
  url: string;
  port: number;
  traffic: Traffic;
}

async function door(options: Partial<ForwardingOptions> = {}, listener = upstream): Promise<Door> {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  opened.push(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  const app = Fastify({ forceCloseConnections: true });
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof ApiError)) throw error;
    return reply.status(error.status).headers(error.headers).send({ code: error.code });
  });
  let traffic: Traffic | undefined;
  await app.register(async (scope) => {
    traffic = await forwarding(scope, {
      ...limits,
      routes,
      serviceUrls: { projects: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
      ...options,
    });
  });
  opened.push(() => app.close());
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  return { url, port: Number(new URL(url).port), traffic: traffic! };
}

const state = ({ traffic }: Door) => traffic.upstreams.get('projects')!.state;

/** Sends that much and reads nothing. */
async function raw({ port }: Door, head: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined); // it may be cut off
  socket.pause();
  opened.push(async () => socket.destroy());
  await once(socket, 'connect');
  socket.write(head);
  return socket;
}
const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;
const begun = (line: string, sent = '') =>
  `${line} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n${sent}`;

const ask = async ({ url }: Door, path: string, init?: RequestInit) => {
  const began = performance.now();
  const answer = await fetch(url + path, init);
  const code = ((await answer.json()) as { code?: string }).code;
  return { status: answer.status, code, headers: answer.headers, ms: performance.now() - began };
};

test('half-sent bodies take no connection to the service, and one caller has so many at most', async () => {
  const gateway = await door({ bodies: { bytes: 100_000, perCaller: 3 }, connections: 1, queue: 0 });
  for (let n = 0; n < 3; n += 1) await raw(gateway, begun('POST /quick', '{"half":'));
  await expect.poll(() => gateway.traffic.intake.bytes).toBe(24);
  expect(state(gateway).calls.busy).toBe(0);
  expect(await ask(gateway, '/quick')).toMatchObject({ status: 200 });
  const fourth = await ask(gateway, '/quick', { method: 'POST', body: '{}' });
  expect(fourth).toMatchObject({ status: 429, code: 'TOO_MANY_AT_ONCE' });
  expect(fourth.headers.get('retry-after')).toBe('2');

  for (const close of opened.splice(2)) await close();
  await expect.poll(() => gateway.traffic.intake.bytes).toBe(0);
  expect(await ask(gateway, '/quick', { method: 'POST', body: '{}' })).toMatchObject({ status: 200 });
});

test('all bodies together have so many bytes at most', async () => {
  const gateway = await door({ bodies: { bytes: 1_000, perCaller: 10 } });
  await raw(gateway, begun('POST /quick', 'x'.repeat(900)));
  await expect.poll(() => gateway.traffic.intake.bytes).toBe(900);
  const body = 'x'.repeat(200);
  expect(await ask(gateway, '/quick', { method: 'POST', body })).toMatchObject({
    status: 503,
    code: 'OVERLOADED',
  });
  expect(gateway.traffic.intake.bytes).toBe(900);
  expect(await ask(gateway, '/quick', { method: 'POST', body: '{}' })).toMatchObject({ status: 200 });
  expect(gateway.traffic.intake.bytes).toBe(900);
});

test('so many wait for a connection, and those beyond are refused at once', async () => {
  const gateway = await door({ connections: 2, queue: 2, deadlineMs: 2_000 });
  const stuck = Array.from({ length: 4 }, () => ask(gateway, '/stuck'));
  await expect.poll(() => state(gateway).calls).toEqual({ busy: 2, waiting: 2, refused: 0 });
  const fifth = await ask(gateway, '/quick');
  expect(fifth).toMatchObject({ status: 503, code: 'OVERLOADED' });
  expect(fifth.headers.get('retry-after')).toBe('2');
  expect(fifth.ms).toBeLessThan(1_000);
  // Those who wait do so no longer than those who were sent.
  for (const { status, ms } of await Promise.all(stuck)) {
    expect(status).toBe(503);
    expect(ms).toBeLessThan(4_000);
  }
  await expect.poll(() => state(gateway).calls).toEqual({ busy: 0, waiting: 0, refused: 1 });
  expect(await ask(gateway, '/quick')).toMatchObject({ status: 200 });
});

test('a service that hangs is left alone, and tried again by one request while others are refused', async () => {
  let hangs = true;
  const gateway = await door({ deadlineMs: 300, failuresToOpen: 3, openForMs: 500 }, (_request, response) => {
    if (!hangs) response.end('{}');
  });
  await Promise.all(Array.from({ length: 3 }, () => ask(gateway, '/quick')));
  expect(state(gateway).circuit).toBe('open');
  const refused = await ask(gateway, '/quick');
  expect(refused).toMatchObject({ status: 503, code: 'UPSTREAM_UNAVAILABLE' });
  expect(refused.ms).toBeLessThan(250);

  await sleep(500);
  const trial = ask(gateway, '/quick');
  await expect.poll(() => state(gateway).circuit, { interval: 5 }).toBe('half-open');
  const meanwhile = await Promise.all([ask(gateway, '/quick'), fetch(`${gateway.url}/file`)]);
  expect(meanwhile.map(({ status }) => status)).toEqual([503, 503]);
  expect((await trial).ms).toBeGreaterThan(250);

  hangs = false;
  await sleep(500);
  expect(await ask(gateway, '/quick')).toMatchObject({ status: 200 });
  expect(state(gateway).circuit).toBe('closed');
});

test('an answer that nobody reads frees its connection to the service', async () => {
  let asked = 0;
  const gateway = await door({ connections: 1, queue: 0 }, (request, response) => {
    asked += 1;
    upstream(request, response);
  });
  for (let n = 1; n <= 5; n += 1) {
    await raw(gateway, get('/large'));
    await expect.poll(() => [asked, state(gateway).calls.busy]).toEqual([n, 0]);
  }
  expect(await ask(gateway, '/quick')).toMatchObject({ status: 200 });
});

test('one caller has so many requests under way at most, and others are not kept from theirs', async () => {
  const gateway = await door({
    most: { ...limits.most, calls: 2 },
    personOf: async ({ headers }) => headers.authorization ?? null,
  });
  const as = (authorization: string) => ({ headers: { authorization } });
  const ended = new AbortController();
  const stuck = [1, 2].map(() => ask(gateway, '/stuck', { ...as('alice'), signal: ended.signal }));
  await expect.poll(() => state(gateway).calls.busy).toBe(2);
  expect(await ask(gateway, '/quick', as('alice'))).toMatchObject({ status: 429, code: 'TOO_MANY_AT_ONCE' });
  expect(await ask(gateway, '/quick', as('bob'))).toMatchObject({ status: 200 });
  expect(await ask(gateway, '/quick')).toMatchObject({ status: 200 });
  ended.abort();
  await Promise.allSettled(stuck);
  await expect.poll(async () => (await ask(gateway, '/quick', as('alice'))).status).toBe(200);
});

test('whoever leaves while their token is looked at gives their place back too', async () => {
  let looking = 0;
  const personOf = async () => {
    looking += 1;
    await sleep(50);
    return 'somebody';
  };
  const { port, url } = await door({ personOf, most: { ...limits.most, calls: 4 } });
  for (let n = 0; n < 12; n += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    const before = looking;
    socket.write('GET /quick HTTP/1.1\r\nhost: x\r\n\r\n');
    await expect.poll(() => looking).toBeGreaterThan(before);
    socket.resetAndDestroy();
    await sleep(100);
  }
  expect((await fetch(`${url}/quick`)).status).toBe(200);
});

test('streams have connections of their own, and so many of a grant, of a person and of an address', async () => {
  const most = { calls: 10, streamsOfGrant: 2, streamsOfPerson: 3, streamsOfAddress: 4 };
  const gateway = await door({
    connections: 1,
    queue: 0,
    streams: 10,
    most,
    personOf: async ({ headers }) => headers.authorization ?? null,
  });
  const upload = (grant: string) => raw(gateway, begun(`PUT /file?signature=${grant}`, 'x'));
  await upload('one');
  await upload('one');
  await expect.poll(() => state(gateway).streams.busy).toBe(2);
  const third = await ask(gateway, '/file?signature=one', { method: 'PUT', body: 'x' });
  expect(third).toMatchObject({ status: 429, code: 'TOO_MANY_AT_ONCE' });
  await raw(gateway, get('/file?signature=two'));
  await raw(gateway, get('/file?signature=three'));
  await expect.poll(() => state(gateway).streams.busy).toBe(4);
  expect((await fetch(`${gateway.url}/file?signature=four`)).status).toBe(429);
  // None of them keeps an ordinary request waiting.
  expect(await ask(gateway, '/quick')).toMatchObject({ status: 200 });

  for (const close of opened.splice(2)) await close();
  await expect.poll(() => state(gateway).streams.busy).toBe(0);
  const as = (authorization: string) =>
    get('/file').replace('\r\n\r\n', `\r\nauthorization: ${authorization}\r\n\r\n`);
  for (let n = 0; n < 3; n += 1) await raw(gateway, as('alice'));
  await expect.poll(() => state(gateway).streams.busy).toBe(3);
  const headers = { authorization: 'alice' };
  expect((await fetch(`${gateway.url}/file`, { headers })).status).toBe(429);
  // Another place is left at that address.
  expect((await ask(gateway, '/file', { method: 'PUT', body: 'x' })).status).toBe(200);
});

test('where all connections for streams are taken, one more is refused at once', async () => {
  const gateway = await door({ streams: 1 });
  await raw(gateway, get('/file'));
  await expect.poll(() => state(gateway).streams.busy).toBe(1);
  const answer = await ask(gateway, '/file', { method: 'PUT', body: 'x' });
  expect(answer).toMatchObject({ status: 503, code: 'OVERLOADED' });
});

test('who reads or sends a stream only now and then is cut off', async () => {
  const gateway = await door({ pace: { windowMs: 400, leastBytes: 1_000 } });
  const unread = await raw(gateway, get('/file'));
  const dripping = await raw(gateway, begun('PUT /file'));
  let answered = '';
  dripping.resume().on('data', (data) => {
    answered += data;
  });
  const drip = setInterval(() => dripping.write('x'), 50);
  try {
    await expect.poll(() => state(gateway).streams.busy, { interval: 5 }).toBe(2);
    await expect.poll(() => state(gateway).streams.busy).toBe(0);
    await expect.poll(() => answered).toMatch(/^HTTP\/1\.1 408 .*"REQUEST_TIMEOUT"/s);
  } finally {
    clearInterval(drip);
  }
  unread.resume();
  await once(unread, 'close');

  // Who reads steadily, and sends steadily, gets all of it however long it takes.
  const whole = await fetch(`${gateway.url}/file`);
  let bytes = 0;
  for await (const piece of whole.body!) {
    bytes += piece.length;
    if (bytes % 5_000_000 < piece.length) await sleep(100);
  }
  expect(bytes).toBe(50_000_000);
});

test('a service that goes silent in the midst of an answer ends it', async () => {
  const gateway = await door({ deadlineMs: 300, streamDeadlineMs: 300 }, (_request, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('begun');
  });
  for (const path of ['/quick', '/file']) {
    const answer = await fetch(gateway.url + path);
    await expect(answer.text()).rejects.toThrow();
  }
  await expect.poll(() => [state(gateway).calls.busy, state(gateway).streams.busy]).toEqual([0, 0]);
});

test('whoever leaves while waiting is not sent on, and gives their place back', async () => {
  const seen: string[] = [];
  const gateway = await door({ connections: 1, queue: 5, deadlineMs: 1_000 }, (request, response) => {
    seen.push(request.url ?? '');
    if (request.url !== '/stuck') response.end('{}');
  });
  const stuck = ask(gateway, '/stuck');
  await expect.poll(() => state(gateway).calls.busy).toBe(1);
  const left = await raw(gateway, get('/large'));
  await expect.poll(() => state(gateway).calls.waiting).toBe(1);
  left.destroy();
  await stuck;
  await expect.poll(() => state(gateway).calls).toMatchObject({ busy: 0, waiting: 0 });
  expect(await ask(gateway, '/quick')).toMatchObject({ status: 200 });
  expect(seen).toEqual(['/stuck', '/quick']);
});
