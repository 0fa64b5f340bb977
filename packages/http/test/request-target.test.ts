import { connect } from 'node:net';
import { atFileEnd } from '@hivesync/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { type App, createApp } from '../src/index.ts';

let app: App;
let port: number;

beforeAll(async () => {
  app = await createApp({
    service: 'gateway',
    config: { HOST: '127.0.0.1', PORT: 0, LOG_LEVEL: 'silent', SERVICE_URLS: {}, DRAIN_SECONDS: 0 },
    openapi: { title: 'Targets', description: 'Echoes the target of a request' },
  });
  app.get('/api/v1/echo', { schema: { hide: true } }, async ({ url, query }) => ({ url, query }));
  app.post('/api/v1/echo/:id', { schema: { hide: true } }, async ({ url, params }) => ({ url, params }));
  atFileEnd(() => app.close());
  port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
});

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Bytes, since no client sends such targets to anything but a proxy. */
function send(method: string, target: string, host = 'api.example.com'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(
        `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
      ),
    );
    socket.setEncoding('utf8');
    socket.on('data', (piece) => {
      text += piece;
    });
    socket.on('error', reject);
    socket.on('end', () => {
      const [head = '', body = ''] = text.split('\r\n\r\n');
      const [first = '', ...lines] = head.split('\r\n');
      const headers = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s).slice(0, 2)));
      resolve({ status: Number(first.split(' ')[1]), headers, body });
    });
  });
}

describe('a target that is a whole URL', () => {
  test.each([
    ['http://api.example.com/api/v1/echo', '/api/v1/echo'],
    ['http://api.example.com:8080/api/v1/echo?q=http://x/y', '/api/v1/echo?q=http://x/y'],
    ['HTTPS://API.example.com/api/v1/echo', '/api/v1/echo'],
    ['http://[::1]:80/api/v1/echo', '/api/v1/echo'],
    ['http://other.example/api/v1/echo', '/api/v1/echo'],
  ])('%s is served', async (target, url) => {
    const answer = await send('GET', target);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ url });
  });

  test('with parameters and another method too', async () => {
    const answer = await send('POST', 'http://api.example.com/api/v1/echo/1');
    expect(JSON.parse(answer.body)).toEqual({ url: '/api/v1/echo/1', params: { id: '1' } });
  });

  test.each([
    ['GET', 'http://api.example.com/health/live', 200, undefined],
    ['GET', 'http://api.example.com', 404, '/'],
    ['GET', 'http://api.example.com?a=1', 404, '/'],
    ['GET', 'http://api.example.com/nothing?secret=1', 404, '/nothing'],
    ['GET', 'http://api.example.com/internal/events', 401, '/internal/events'],
    ['DELETE', 'http://api.example.com/api/v1/echo', 405, '/api/v1/echo'],
    ['GET', 'http://api.example.com/%', 400, '/%'],
  ])('%s %s is answered as its path would be', async (method, target, status, instance) => {
    const answer = await send(method, target);
    expect(answer.status).toBe(status);
    if (instance === undefined) return;
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(answer.body)).toMatchObject({ status, instance });
  });
});

test.each([
  'ftp://api.example.com/api/v1/echo',
  'ws://api.example.com/api/v1/echo',
  'http:///api/v1/echo',
  'http://user@api.example.com/api/v1/echo',
  'http://user:word@api.example.com/api/v1/echo',
  'http://api.example.com:99999/api/v1/echo',
  'http://api.example.com:port/api/v1/echo',
  'http://[::1/api/v1/echo',
  'http://a%b/api/v1/echo',
])('%s is refused with 400, as a problem document', async (target) => {
  const answer = await send('GET', target);
  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'VALIDATION_FAILED', instance: '/' });
});

test('OPTIONS * tells what the server as a whole can do; no other method knows *', async () => {
  for (const target of ['*', 'http://api.example.com']) {
    const answer = await send('OPTIONS', target);
    expect(answer.status).toBe(204);
    expect(answer.headers.allow).toBe('GET, HEAD, OPTIONS, POST');
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  }
  expect((await send('GET', '*')).status).toBe(400);
  expect((await send('OPTIONS', '/nothing')).status).toBe(404);
});

test('a path that ends before its parameter names nothing', async () => {
  const answer = await send('POST', '/api/v1/echo/');
  expect(answer.status).toBe(404);
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'ROUTE_NOT_FOUND', instance: '/api/v1/echo/' });
  expect((await send('GET', '/api/v1/echo/')).status).toBe(404);
});
