import { beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../src/app.ts';
import { ask, gatewayBefore } from './support/gateway-before.ts';

let asked = 0;
beforeEach(() => {
  asked = 0;
});
const origin = 'https://app.example.com';
const url = await gatewayBefore(
  (_request, response) => {
    asked += 1;
    response
      .writeHead(200, { 'content-type': 'application/json', etag: '"1"', vary: 'x-of-service' })
      .end('{}');
  },
  { CORS_ORIGINS: `${origin}, app://desktop, http://localhost:5173`, STRANGER_REQUESTS_PER_MINUTE: '20' },
);

const preflight = (from: string, path = '/api/v1/projects/1') =>
  ask(url + path, {
    method: 'OPTIONS',
    headers: {
      origin: from,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization,if-match,content-type',
    },
  });

test('a preflight from an origin of the list is answered here, asks no service, and counts for nobody', async () => {
  for (let i = 0; i < 25; i += 1) {
    const answer = await preflight(origin);
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-max-age': '7200',
      vary: expect.stringMatching(/\borigin\b/i),
    });
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
    const allowed = String(answer.headers['access-control-allow-headers']).split(', ');
    expect(allowed).toEqual(
      expect.arrayContaining(['authorization', 'content-type', 'if-match', 'idempotency-key']),
    );
    const methods = String(answer.headers['access-control-allow-methods']).split(', ');
    expect(methods).toEqual(expect.arrayContaining(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']));
  }
  expect(asked).toBe(0);
});

test.each(['https://evil.example', 'https://app.example.com.evil.example', 'http://app.example.com', 'null'])(
  'nothing is allowed to %s',
  async (from) => {
    expect((await preflight(from)).headers).not.toHaveProperty('access-control-allow-origin');
    const answer = await ask(`${url}/api/v1/projects`, { headers: { origin: from } });
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  },
);

test('a script of the list reads the answer and the headers that it needs, refusals and 404s too', async () => {
  const other = await gatewayBefore(
    (_request, response) => response.writeHead(200, { vary: 'x-of-service' }).end(),
    {
      CORS_ORIGINS: origin,
      STRANGER_REQUESTS_PER_MINUTE: '2',
    },
  );
  const headers = { origin };
  const answers = [
    await ask(`${other}/api/v1/projects`, { headers }),
    await ask(`${other}/nothing`, { headers }),
    await ask(`${other}/api/v1/projects`, { headers }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 404, 429]);
  for (const answer of answers) {
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
    expect(answer.headers['access-control-expose-headers']).toBe(
      'etag, link, location, ratelimit, ratelimit-policy, retry-after, x-request-id',
    );
    expect(answer.headers.vary).toMatch(/\borigin\b/i);
  }
  expect(answers[0]?.headers.vary).toContain('x-of-service');
});

test('what caches share is told apart by origin, for those that name none as well', async () => {
  expect((await ask(`${url}/api/v1/projects`)).headers.vary).toMatch(/\borigin\b/i);
});

test('an OPTIONS that is no preflight is what it was: 405 where there is a path, 404 elsewhere', async () => {
  const there = await ask(`${url}/api/v1/projects`, { method: 'OPTIONS', headers: { origin } });
  expect([there.status, there.headers.allow]).toEqual([405, 'GET, HEAD, POST']);
  expect((await ask(`${url}/nothing`, { method: 'OPTIONS' })).status).toBe(404);
});

test('without a list nothing is said of origins', async () => {
  const silent = await gatewayBefore((_request, response) => response.end());
  const answer = await ask(`${silent}/api/v1/projects`, { headers: { origin } });
  expect(Object.keys(answer.headers).filter((name) => /^(access-control|vary)/.test(name))).toEqual([]);
  const refused = await ask(`${silent}/api/v1/projects`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'GET' },
  });
  expect(refused.status).toBe(405);
});

describe('CORS_ORIGINS', () => {
  const load = (CORS_ORIGINS: string) => () => loadConfig({ PORT: '0', SERVICE_URLS: '{}', CORS_ORIGINS });
  test.each([
    '*',
    'null',
    'app.example.com',
    'https://app.example.com/',
    'https://APP.example.com',
    'https://a b',
  ])('%s is refused at start', (value) => expect(load(value)).toThrow('CORS_ORIGINS'));
  test.each([origin, `${origin},http://[::1]:3000`, 'app://hivesync'])('%s is taken', (value) => {
    expect(load(value)().CORS_ORIGINS).toBe(value);
  });
});
