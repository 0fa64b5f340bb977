import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { lemonSqueezyClient, ProviderError } from '../../src/provider/lemon-squeezy.ts';
import { type LemonSqueezyServer, type ProviderTrouble, startLemonSqueezy } from './lemon-squeezy-server.ts';

let server: LemonSqueezyServer;
const never = new AbortController().signal;

beforeAll(async () => {
  server = await startLemonSqueezy();
});
beforeEach(() => {
  server.requests.length = 0;
  server.trouble.length = 0;
  server.subscriptions.clear();
  server.subscriptions.set('17', 'active');
});

const cancel = (id = '17', deadlineMs = 5_000, signal = never) => {
  const { url, apiKey } = server;
  return lemonSqueezyClient({ url, apiKey, deadlineMs }).cancelSubscription(id, signal);
};
async function failure(work: Promise<unknown>): Promise<ProviderError> {
  const error: unknown = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ProviderError)) throw error;
  expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain(
    server.apiKey,
  );
  return error;
}

describe('canceling a subscription', () => {
  test('is one DELETE as JSON:API wants it, with the key', async () => {
    expect(await cancel()).toBe('canceled');
    expect(server.subscriptions.get('17')).toBe('cancelled');
    expect(server.requests).toMatchObject([
      {
        method: 'DELETE',
        path: '/v1/subscriptions/17',
        headers: { accept: 'application/vnd.api+json', authorization: `Bearer ${server.apiKey}` },
      },
    ]);
  });

  test('is done once, however often', async () => {
    expect([await cancel(), await cancel()]).toEqual(['canceled', 'canceled']);
  });

  test('of one that the provider does not have says so', async () => {
    expect(await cancel('18')).toBe('not_found');
    expect(await cancel('../stores/1?x=%2F')).toBe('not_found');
    expect(server.requests.at(-1)?.path).toBe('/v1/subscriptions/..%2Fstores%2F1%3Fx%3D%252F');
  });

  test('of one that cannot be canceled any more looks at what it is', async () => {
    server.subscriptions.set('17', 'expired');
    expect(await cancel()).toBe('canceled');
    expect(server.requests.map(({ method }) => method)).toEqual(['DELETE', 'GET']);
    server.subscriptions.set('17', 'active');
    server.trouble.push({ status: 422 });
    expect(await failure(cancel())).toMatchObject({
      failure: 'rejected',
      message: 'LemonSqueezy: rejected (422)',
    });
  });
});

describe('a call that does not succeed', () => {
  test.each<[string, ProviderTrouble, Partial<ProviderError>]>([
    ['401', { status: 401 }, { failure: 'refused' }],
    ['403', { status: 403 }, { failure: 'refused' }],
    ['400', { status: 400 }, { failure: 'rejected' }],
    [
      '429 in seconds',
      { status: 429, headers: { 'retry-after': '7' } },
      { failure: 'throttled', retryAfterSeconds: 7 },
    ],
    ['429 without a pause', { status: 429 }, { failure: 'throttled', retryAfterSeconds: undefined }],
    [
      '429 that asks for days',
      { status: 429, headers: { 'retry-after': '864000' } },
      { retryAfterSeconds: 3_600 },
    ],
    [
      '429 in no words',
      { status: 429, headers: { 'retry-after': 'soon' } },
      { retryAfterSeconds: undefined },
    ],
    ['500', { status: 500 }, { failure: 'failing' }],
    [
      '503 in seconds',
      { status: 503, headers: { 'retry-after': '30' } },
      { failure: 'failing', retryAfterSeconds: 30 },
    ],
    ['200 of something else', { status: 200, body: '{"data":[]}' }, { failure: 'unexpected' }],
    ['200 that is no JSON', { status: 200, body: '<html>' }, { failure: 'unexpected' }],
    ['404 of something else', { status: 404, body: '<html>' }, { failure: 'unexpected' }],
    ['204', { status: 204, body: '' }, { failure: 'unexpected' }],
    ['a cut connection', 'cut', { failure: 'unreachable' }],
  ])('says why: %s', async (_what, trouble, expected) => {
    server.trouble.push(trouble);
    expect(await failure(cancel())).toMatchObject(expected);
  });

  test('understands a date to wait for', async () => {
    const date = new Date(Date.now() + 120_000).toUTCString();
    server.trouble.push({ status: 429, headers: { 'retry-after': date } });
    const { retryAfterSeconds } = await failure(cancel());
    expect(retryAfterSeconds).toBeGreaterThan(100);
    expect(retryAfterSeconds).toBeLessThan(125);
  });

  test('is not believed where the subscription is still to be renewed', async () => {
    server.trouble.push({
      status: 200,
      body: '{"data":{"type":"subscriptions","id":"17","attributes":{"status":"active"}}}',
    });
    expect(await failure(cancel())).toMatchObject({ failure: 'unexpected' });
    server.trouble.push({
      status: 200,
      body: '{"data":{"type":"subscriptions","id":"18","attributes":{"status":"cancelled"}}}',
    });
    expect(await failure(cancel())).toMatchObject({ failure: 'unexpected' });
  });

  test('ends at its deadline, and at once when the service closes', async () => {
    server.trouble.push('silence', 'silence');
    const begun = performance.now();
    expect(await failure(cancel('17', 150))).toMatchObject({ failure: 'timeout' });
    const closing = new AbortController();
    const calling = cancel('17', 60_000, closing.signal);
    await expect.poll(() => server.requests.length).toBe(2);
    closing.abort(new Error('closing'));
    await expect(calling).rejects.toThrow('closing');
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  test('does not carry the key elsewhere', async () => {
    const elsewhere = await startLemonSqueezy();
    server.trouble.push({ status: 307, headers: { location: `${elsewhere.url}/v1/subscriptions/17` } });
    expect(await failure(cancel())).toMatchObject({ failure: 'unreachable' });
    expect(elsewhere.requests).toEqual([]);
  });
});
