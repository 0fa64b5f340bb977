import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { ask, gatewayBefore } from './support/gateway-before.ts';

const long = JSON.stringify({ items: Array.from({ length: 200 }, (_, id) => ({ id, name: `Task ${id}` })) });
const json = { 'content-type': 'application/json; charset=utf-8' };

let answer: (response: ServerResponse) => void;
const send = (body: string | Buffer, headers: Record<string, string> = {}, status = 200) => {
  answer = (response) => {
    response.writeHead(status, { ...json, 'content-length': Buffer.byteLength(body), ...headers }).end(body);
  };
};
beforeEach(() => send(long, { etag: '"3"' }));

const url = await gatewayBefore((request, response) => {
  // As the services do: of whatever coding the tag is, it is of the same answer, and is repeated.
  const tag = request.headers['if-none-match'];
  if (tag?.startsWith('"3')) response.writeHead(304, { etag: tag }).end();
  else answer(response);
});
const get = (headers: Record<string, string>, method = 'GET') =>
  ask(`${url}/api/v1/projects`, { method, headers });

describe('an answer of 1 KiB or more', () => {
  test.each([
    ['gzip', 'gzip', gunzipSync],
    ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
    ['br;q=0.5, gzip', 'gzip', gunzipSync],
    ['*', 'br', brotliDecompressSync],
  ])('is coded for a client that accepts %s', async (accepted, coding, decode) => {
    const { headers, body } = await get({ 'accept-encoding': accepted });
    expect(headers).toMatchObject({
      'content-encoding': coding,
      vary: 'accept-encoding',
      etag: `"3.${coding}"`,
      'content-type': json['content-type'],
    });
    expect(headers).not.toHaveProperty('content-length');
    expect(body.length).toBeLessThan(long.length / 2);
    expect(decode(body).toString()).toBe(long);
  });

  test.each([undefined, 'identity', 'gzip;q=0', 'zstd'])(
    'is as it was for one that accepts %s',
    async (accepted) => {
      const { headers, body } = await get(accepted === undefined ? {} : { 'accept-encoding': accepted });
      expect(headers).not.toHaveProperty('content-encoding');
      // A cache must know that others are answered otherwise.
      expect(headers).toMatchObject({
        etag: '"3"',
        vary: 'accept-encoding',
        'content-length': `${long.length}`,
      });
      expect(body.toString()).toBe(long);
    },
  );

  test('has the same headers without its body, but for what only coding it would tell', async () => {
    const { headers, body } = await get({ 'accept-encoding': 'gzip' }, 'HEAD');
    expect(headers).toMatchObject({ etag: '"3"', vary: 'accept-encoding' });
    expect(body.length).toBe(0);
  });
});

describe('is left as it is:', () => {
  const plain = async (method = 'GET') => {
    const { headers, body } = await get({ 'accept-encoding': 'gzip, br' }, method);
    expect(headers).not.toHaveProperty('content-encoding');
    return { headers, body };
  };
  test('what is short', async () => {
    send('{}', { etag: '"3"' });
    expect((await plain()).headers.etag).toBe('"3"');
  });
  test('a download', async () => {
    send(Buffer.alloc(5_000), { 'content-type': 'application/octet-stream' });
    await plain();
  });
  test('what is coded already', async () => {
    send(Buffer.alloc(5_000), { 'content-encoding': 'zstd' });
    const { headers } = await get({ 'accept-encoding': 'gzip' });
    expect(headers['content-encoding']).toBe('zstd');
  });
  test('a part', async () => {
    send(long, { 'content-range': `bytes 0-${long.length - 1}/99999` }, 206);
    await plain();
  });
  test('the answer to a POST, where tokens and new secrets are', async () => {
    await plain('POST');
  });
  test.each(['no-store', 'private, no-store', 'no-transform'])('what says %s', async (control) => {
    send(long, { 'cache-control': control });
    await plain();
  });
  test('a stream of events, whose pieces arrive one by one', async () => {
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
      setTimeout(() => response.end('data: 2\n\n'), 100);
    };
    expect((await plain()).body.toString()).toBe('data: 1\n\ndata: 2\n\n');
  });
  test('a stream of JSON', async () => {
    answer = (response) => {
      response.writeHead(200, json);
      response.write(long);
      response.end();
    };
    await plain();
  });
});

describe('entity tags', () => {
  test('a client that has the coded answer is told so, with the tag of what it has', async () => {
    for (const coding of ['gzip', 'br']) {
      const tag = (await get({ 'accept-encoding': coding })).headers.etag ?? '';
      const again = await get({ 'accept-encoding': coding, 'if-none-match': tag });
      expect([again.status, again.headers.etag]).toEqual([304, `"3.${coding}"`]);
      expect(again.headers.vary).toBe('accept-encoding');
      expect(again.body.length).toBe(0);
    }
  });
  test('one that has the plain answer too', async () => {
    const again = await get({ 'accept-encoding': 'gzip', 'if-none-match': '"3"' });
    expect([again.status, again.headers.etag]).toEqual([304, '"3"']);
  });
  test('a weak tag names no bytes and stays', async () => {
    send(long, { etag: 'W/"3"' });
    expect((await get({ 'accept-encoding': 'gzip' })).headers.etag).toBe('W/"3"');
  });
});

test('where the service breaks off, so does the coded answer, or says so before it has begun', async () => {
  const noise = randomBytes(600_000).toString('base64');
  const breaking = (body: string, at: number) => {
    answer = (response) => {
      response.writeHead(200, { ...json, etag: '"3"', 'content-length': body.length });
      response.write(body.slice(0, at), () => setTimeout(() => response.destroy(), 100));
    };
  };
  breaking(noise, 400_000);
  await expect(get({ 'accept-encoding': 'gzip' })).rejects.toThrow();

  breaking(long, 3_000); // which Brotli keeps back until there is more
  const { status, headers, body } = await get({ 'accept-encoding': 'br' });
  expect([status, JSON.parse(body.toString()).code]).toEqual([503, 'UPSTREAM_UNAVAILABLE']);
  expect(headers).not.toHaveProperty('content-encoding');
  expect(headers).not.toHaveProperty('etag');
});

test('a client that leaves in the middle ends what is coded for it', async () => {
  const much = JSON.stringify(Array.from({ length: 200_000 }, () => Math.random()));
  send(much);
  const aborted = new AbortController();
  const started = await fetch(`${url}/api/v1/projects`, { signal: aborted.signal });
  aborted.abort();
  await expect(started.text()).rejects.toThrow();
  expect((await get({ 'accept-encoding': 'gzip' })).headers['content-encoding']).toBe('gzip');
});

test('the document and the page that browses it are coded too', async () => {
  for (const path of ['/docs/static/swagger-ui.css', '/docs/static/swagger-ui-bundle.js']) {
    const { status, headers } = await ask(url + path, { headers: { 'accept-encoding': 'br' } });
    expect([status, headers['content-encoding']], path).toEqual([200, 'br']);
  }
});
