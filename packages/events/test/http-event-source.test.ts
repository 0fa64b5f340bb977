import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FeedError, FeedSetBackError, httpEventSource } from '../src/index.ts';

async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const read = (baseUrl: string, after: string | null = null, signal = new AbortController().signal) =>
  httpEventSource('projects', baseUrl, async () => 'token').read(after, { limit: 5, waitSeconds: 1, signal });

const page = { items: [{ position: '3.4', event: { any: 'thing' } }], head: '3.4', remaining: 0 };

describe('httpEventSource', () => {
  it('asks with its token and position, and gives the page', async () => {
    const requests: (string | undefined)[] = [];
    const url = await served((request, response) => {
      requests.push(request.url, request.headers.authorization);
      response.end(JSON.stringify(page));
    });
    expect(await read(url, '1.2')).toEqual(page);
    expect(await read(url)).toEqual(page);
    expect(requests).toEqual([
      '/internal/events?after=1.2&limit=5&wait=1',
      'Bearer token',
      '/internal/events?limit=5&wait=1',
      'Bearer token',
    ]);
  });

  it('sends the epoch of its position where an earlier release passes over it, and puts it back together', async () => {
    const requests: unknown[] = [];
    const url = await served((request, response) => {
      requests.push(request.url, request.headers['feed-epoch']);
      const items = [{ position: '3.4', epoch: '0123456789abcdef', event: {} }];
      response.end(JSON.stringify({ ...page, items }));
    });
    expect((await read(url, '1.2@fedcba9876543210')).items).toEqual([
      { position: '3.4@0123456789abcdef', event: {} },
    ]);
    expect(requests).toEqual(['/internal/events?after=1.2&limit=5&wait=1', 'fedcba9876543210']);
  });

  it.each([null, '3.3@0123456789abcdef'])('passes on that the feed was set back to %j', async (to) => {
    const url = await served((_request, response) => {
      response.writeHead(409).end(JSON.stringify({ code: 'FEED_SET_BACK', rewind_to: to }));
    });
    const error = await read(url, '3.4@0123456789abcdef').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FeedSetBackError);
    expect(error).toMatchObject({ rewindTo: to });
  });

  it.each([
    [503, 'refused'],
    [401, 'refused'],
    [409, 'refused'],
    [302, 'unreachable'],
  ])('fails with a type on %i', async (status, failure) => {
    const url = await served((_request, response) => {
      response.writeHead(status, { 'retry-after': '7', location: 'http://127.0.0.1:1/' }).end('{}');
    });
    const error = await read(url).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FeedError);
    expect(error).toMatchObject({ failure, service: 'projects' });
    if (status === 503) expect(error).toMatchObject({ status: 503, retryAfterSeconds: 7 });
  });

  it.each([
    '',
    'null',
    '<html>',
    '{"items":[]}',
    '{"items":[{"position":"x","event":{}}],"head":null,"remaining":0}',
    '{"items":[{"event":{}}],"head":null,"remaining":0}',
  ])('refuses %j as a page', async (body) => {
    const url = await served((_request, response) => response.end(body));
    await expect(read(url)).rejects.toMatchObject({ failure: 'malformed' });
  });

  it('fails when nobody listens', async () => {
    await expect(read('http://127.0.0.1:1')).rejects.toMatchObject({ failure: 'unreachable' });
  });

  it('gives up on an answer that never ends, 5 s after its wait', async () => {
    const url = await served((_request, response) => {
      response.writeHead(200);
      response.write('{"items":[');
    });
    const started = performance.now();
    await expect(read(url)).rejects.toMatchObject({ failure: 'timeout' });
    expect(performance.now() - started).toBeGreaterThan(5_900);
    expect(performance.now() - started).toBeLessThan(8_000);
  });

  it('ends at once with the reason of its signal', async () => {
    const url = await served(() => undefined);
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('stopping')), 30);
    await expect(read(url, null, abort.signal)).rejects.toThrow('stopping');
  });
});
