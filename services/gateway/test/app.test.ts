import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { App } from '@hivesync/http';
import { atFileEnd, testTokens, testUser } from '@hivesync/testing';
import { beforeEach, expect, test } from 'vitest';
import { buildApp, type Dependencies, loadConfig } from '../src/app.ts';
import type { Documents } from '../src/documents.ts';
import { servicesReadiness } from '../src/readiness.ts';

const operation = (operationId: string) => ({ operationId, responses: { 200: { description: 'it' } } });
const documents: Documents = {
  projects: {
    openapi: '3.1.0',
    info: { title: 'projects', version: '1' },
    paths: {
      '/api/v1/projects': { get: operation('listProjects'), post: operation('createProject') },
      '/api/v1/projects/{project_id}': { get: operation('getProject') },
      '/internal/projects/resolve': { post: operation('resolve') },
      '/health/ready': { get: operation('ready') },
    },
  },
};

const asked: { url: string; headers: IncomingMessage['headers'] }[] = [];
beforeEach(() => {
  asked.length = 0;
});
const server = createServer((request, response) => {
  asked.push({ url: request.url ?? '', headers: request.headers });
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"items":[]}');
});
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
atFileEnd(async () => {
  server.closeAllConnections();
  server.close();
});
const projects = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const tokens = await testTokens();

async function unlistening(more: Partial<Dependencies> = {}, env: Record<string, string> = {}): Promise<App> {
  const config = loadConfig({
    PORT: '0',
    LOG_LEVEL: 'silent',
    DRAIN_SECONDS: '0',
    SERVICE_URLS: JSON.stringify({ projects, audit: 'http://127.0.0.1:1' }),
    ...env,
  });
  const app = await buildApp({ config, documents, keys: tokens.keys, ...more });
  atFileEnd(async () => app.close());
  return app;
}

async function gateway(more: Partial<Dependencies> = {}, env: Record<string, string> = {}): Promise<string> {
  return (await unlistening(more, env)).listen({ port: 0, host: '127.0.0.1' });
}
const problem = async (answer: Response) => (await answer.json()) as Record<string, unknown>;

test('what is inside stays inside, whatever a service documents and whoever asks', async () => {
  const url = await gateway();
  const token = await tokens.serviceToken('audit', 'projects');
  for (const path of [
    '/internal/projects/resolve',
    '/internal/events',
    '/.well-known/service-jwks.json',
    '/api/v1/../../internal/events',
    '/%69nternal/events',
    '/API/V1/projects',
    '/nothing',
  ]) {
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status, path).toBeGreaterThanOrEqual(401);
    expect(answer.status, path).toBeLessThan(405);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  }
  expect(asked).toEqual([]);
});

test('metrics are for those who ask directly from a private network', async () => {
  const app = await unlistening({}, { TRUSTED_PROXIES: '10.0.0.0/8' });
  const statusOf = async (remoteAddress: string, headers: Record<string, string> = {}) =>
    (await app.inject({ url: '/metrics', remoteAddress, headers })).statusCode;
  for (const insider of ['127.0.0.1', '::1', '10.1.2.3', '172.31.0.9', '::ffff:192.168.1.1', 'fd00::7']) {
    expect(await statusOf(insider), insider).toBe(200);
  }
  for (const stranger of ['203.0.113.7', '172.32.0.1', '2001:db8::1', '::ffff:203.0.113.7']) {
    expect(await statusOf(stranger), stranger).toBe(404);
    expect(await statusOf('10.1.2.3', { 'x-forwarded-for': stranger }), `for ${stranger}`).toBe(404);
  }
  // Whom a proxy forwards is not known to be an insider, whatever is claimed of him.
  expect(await statusOf('10.1.2.3', { 'x-forwarded-for': '127.0.0.1' })).toBe(404);
  const refused = await app.inject({ url: '/metrics', remoteAddress: '203.0.113.7' });
  expect(refused.json()).toMatchObject({ code: 'ROUTE_NOT_FOUND' });
});

test('an unknown path is 404 and an unknown method 405 with Allow, as problem documents with the request’s id', async () => {
  const url = await gateway();
  const unknown = await fetch(`${url}/api/v1/nothing`, { headers: { 'x-request-id': 'mine-1' } });
  expect(unknown.status).toBe(404);
  expect(await problem(unknown)).toMatchObject({ code: 'ROUTE_NOT_FOUND', request_id: 'mine-1' });
  const method = await fetch(`${url}/api/v1/projects/1`, { method: 'PUT', body: '{}' });
  expect(method.status).toBe(405);
  expect(method.headers.get('allow')).toBe('GET, HEAD');
  expect(await problem(method)).toMatchObject({ code: 'METHOD_NOT_ALLOWED' });
});

test('a target that is a whole URL is served as its path, and none of what is inside by it', async () => {
  const url = await gateway();
  const send = (path: string) =>
    new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      httpRequest(url, { path }, (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (piece) => {
          body += piece;
        });
        answer.on('end', () => resolve({ status: answer.statusCode, body }));
      })
        .on('error', reject)
        .end();
    });
  expect((await send('http://api.example.com/api/v1/projects/7?limit=2')).status).toBe(200);
  expect(asked.map((one) => one.url)).toEqual(['/api/v1/projects/7?limit=2']);
  const inside = await send('http://api.example.com/internal/events');
  expect([inside.status, JSON.parse(inside.body).instance]).toEqual([401, '/internal/events']);
  expect((await send('http://user@api.example.com/api/v1/projects')).status).toBe(400);
  expect(asked).toHaveLength(1);
});

test('a trailing slash is not an empty id: 404 here, and no service is asked', async () => {
  const url = await gateway();
  const answer = await fetch(`${url}/api/v1/projects/`);
  expect([answer.status, (await problem(answer)).code]).toEqual([404, 'ROUTE_NOT_FOUND']);
  expect(asked).toEqual([]);
});

test('a well-formed request id is kept, a spoofed one and a spoofed address are not', async () => {
  const url = await gateway();
  const forwardedFor = { 'x-forwarded-for': '6.6.6.6' };
  await fetch(`${url}/api/v1/projects`, { headers: { 'x-request-id': 'mine-2', ...forwardedFor } });
  const answer = await fetch(`${url}/api/v1/projects`, {
    headers: { 'x-request-id': 'no good {}', ...forwardedFor },
  });
  const [kept, replaced] = asked.map(({ headers }) => headers);
  expect(kept).toMatchObject({ 'x-request-id': 'mine-2', 'x-forwarded-for': '127.0.0.1' });
  expect(replaced?.['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  expect(answer.headers.get('x-request-id')).toBe(replaced?.['x-request-id']);
});

test('behind a proxy of ours the client’s address is the one that it saw', async () => {
  const url = await gateway({}, { TRUSTED_PROXIES: '127.0.0.1' });
  await fetch(`${url}/api/v1/projects`, { headers: { 'x-forwarded-for': '6.6.6.6, 203.0.113.9' } });
  expect(asked[0]?.headers['x-forwarded-for']).toBe('203.0.113.9');
});

test('people are counted by id with their tier’s limit, strangers and forgers by address', async () => {
  const url = await gateway(
    { perMinute: { free: 2, pro: 3, premium: 4 } },
    { STRANGER_REQUESTS_PER_MINUTE: '2' },
  );
  const get = async (token?: string) =>
    fetch(`${url}/api/v1/projects`, token ? { headers: { authorization: `Bearer ${token}` } } : {});
  const free = await tokens.userToken(testUser());
  const pro = await tokens.userToken(testUser({ tier: 'pro' }));

  const first = await get(free);
  expect(first.status).toBe(200);
  expect(first.headers.get('ratelimit-policy')).toBe('"free";q=2;w=60');
  expect(first.headers.get('ratelimit')).toBe('"free";r=1;t=60');
  expect((await get(free)).status).toBe(200);
  const refused = await get(free);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
  expect(refused.headers.get('ratelimit')).toMatch(/^"free";r=0;t=\d+$/);
  expect(await problem(refused)).toMatchObject({ code: 'RATE_LIMITED', status: 429 });

  for (let i = 0; i < 3; i += 1) expect((await get(pro)).status).toBe(200);
  expect((await get(pro)).status).toBe(429);

  const forged = await tokens.userToken(testUser({ tier: 'premium' }), { forged: true });
  expect((await get()).headers.get('ratelimit-policy')).toBe('"stranger";q=2;w=60');
  expect((await get(forged)).status).toBe(200);
  expect((await get(forged)).status).toBe(429);
  expect((await get()).status).toBe(429);
  expect(asked).toHaveLength(2 + 3 + 2);
});

test('an upgrade counts at once: the same person goes on with the new tier’s limit', async () => {
  const url = await gateway({ perMinute: { free: 1, pro: 3, premium: 9 } });
  const user = testUser();
  const get = async (traits: Partial<typeof user>) => {
    const token = await tokens.userToken({ ...user, ...traits });
    return fetch(`${url}/api/v1/projects`, { headers: { authorization: `Bearer ${token}` } });
  };
  expect((await get({})).status).toBe(200);
  expect((await get({})).status).toBe(429);
  const upgraded = await get({ tier: 'pro' });
  expect([upgraded.status, upgraded.headers.get('ratelimit')]).toEqual([
    200,
    expect.stringMatching(/^"pro";r=0;/),
  ]);
});

test('a POST’s body arrives and one over the limit is a 413 problem', async () => {
  const url = await gateway({}, { BODY_LIMIT_BYTES: '1024' });
  const post = (body: string) =>
    fetch(`${url}/api/v1/projects`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
  expect((await post('{"name":"x"}')).status).toBe(200);
  const large = await post(`"${'x'.repeat(1_024)}"`);
  expect([large.status, (await problem(large)).code]).toEqual([413, 'BODY_TOO_LARGE']);
  expect(asked).toHaveLength(1);
});

test('a service that is down is a 503 problem with Retry-After', async () => {
  const url = await gateway({}, { SERVICE_URLS: '{"projects":"http://127.0.0.1:1"}' });
  const answer = await fetch(`${url}/api/v1/projects`);
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('2');
  expect(await problem(answer)).toMatchObject({
    code: 'UPSTREAM_UNAVAILABLE',
    detail: 'The projects service is not reachable.',
  });
});

test('readiness tells of each service and does not fail with one of them', async () => {
  const url = await gateway();
  const answer = await fetch(`${url}/health/ready`);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({
    status: 'ok',
    checks: { services: { projects: 'ready', audit: 'not reachable' } },
  });
});

test('readiness asks a service once for all who ask at the same time', async () => {
  const ask = servicesReadiness({ projects });
  const answers = await Promise.all(Array.from({ length: 20 }, ask));
  expect(answers.map(({ services }) => services?.projects)).toEqual(Array(20).fill('ready'));
  expect(asked).toHaveLength(1);
  await ask();
  expect(asked).toHaveLength(2);
});

test('the merged document and the page that browses it are served, with nothing from elsewhere', async () => {
  const url = await gateway();
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object; openapi: string };
  expect(document.openapi).toBe('3.1.0');
  expect(Object.keys(document.paths)).toEqual(['/api/v1/projects', '/api/v1/projects/{project_id}']);
  expect(await (await fetch(`${url}/docs/json`)).json()).toEqual(document);

  const page = await (await fetch(`${url}/docs`)).text();
  const links = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(
    ([, link = '']) => new URL(link, `${url}/docs/`),
  );
  expect(links.length).toBeGreaterThan(4);
  for (const link of links) {
    expect(link.origin).toBe(url);
    expect((await fetch(link)).status, link.href).toBe(200);
  }
});
