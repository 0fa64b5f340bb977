import { testUser } from '@hivesync/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { startNotes } from '../support/notes-service.ts';

let service: Awaited<ReturnType<typeof startNotes>>;
let url: string;
const alice = testUser();

beforeAll(async () => {
  service = await startNotes();
  const created = await service.as(alice).post('/api/v1/notes', { text: 'a' });
  url = String(created.headers.location);
  await service.database.query('update projects.notes set version = 3');
});

const patch = (headers: Record<string, string>) => service.as(alice).patch(url, { text: 'b' }, { headers });
const get = (headers: Record<string, string> = {}) => service.as(alice).get(url, { headers });

describe('If-Match', () => {
  test('missing where it is demanded is 428', async () => {
    expect((await patch({})).json()).toMatchObject({ status: 428, code: 'IF_MATCH_REQUIRED' });
  });

  test('of what has moved on is 412 and tells the present tag, which then passes', async () => {
    const answer = await patch({ 'if-match': '"2"' });
    expect(answer.json()).toMatchObject({ status: 412, code: 'PRECONDITION_FAILED' });
    expect(answer.headers.etag).toBe('"3"');
    expect((await patch({ 'if-match': String(answer.headers.etag) })).statusCode).toBe(200);
  });

  test('passes with the tag that a GET, or the change before, answered', async () => {
    const changed = await patch({ 'if-match': String((await get()).headers.etag) });
    expect(changed.statusCode).toBe(200);
    expect((await patch({ 'if-match': String(changed.headers.etag) })).statusCode).toBe(200);
  });

  test.each([
    ['*', 200],
    ['"3"', 200],
    ['"2", "3"', 200],
    [' "x,y" ,, "3" ,', 200],
    ['"3.another-answer-of-this-version"', 200],
    ['"3.AAAAAAAAAAAAAAAA.gzip"', 200],
    ['W/"3"', 412],
    ['W/"3", "2"', 412],
    ['"33", "03", "three", ""', 412],
    ['"99999999999", "4294967299", "-3"', 412],
    ['3', 400],
    ['', 400],
    [' , ', 400],
    ['"3', 400],
    ['"2" "3"', 400],
    ['w/"3"', 400],
    ['*, "3"', 400],
    [`"2"${' '.repeat(8_000)}x`, 400],
  ])('%s is %i', async (given, status) => {
    const started = performance.now();
    const answer = await patch({ 'if-match': given });
    expect(answer.statusCode).toBe(status);
    if (status === 400) expect(answer.json().code).toBe('MALFORMED_IF_MATCH');
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test('guards a read as well', async () => {
    expect((await get({ 'if-match': '"3"' })).statusCode).toBe(200);
    const answer = await get({ 'if-match': '"2"' });
    expect(answer.json()).toMatchObject({ status: 412, code: 'PRECONDITION_FAILED' });
    expect(answer.headers).toMatchObject({ etag: '"3"', 'content-type': expect.stringContaining('problem') });
  });

  test('is refused where nobody reads it, and nothing is done', async () => {
    const headers = { 'if-match': '"1"' };
    for (const answer of [
      await service.as(alice).post('/api/v1/notes', { text: 'never' }, { headers }),
      await service.as(alice).get('/api/v1/notes', { headers }),
      await patch({ 'if-match': '"3"', 'if-none-match': '*' }),
    ]) {
      expect(answer.json()).toMatchObject({ status: 412, code: 'PRECONDITION_UNSUPPORTED' });
    }
    expect((await service.as(alice).get('/api/v1/notes?starts=never')).json().items).toEqual([]);
  });

  test('hides no refusal that came without it', async () => {
    const headers = { 'if-match': '"1"' };
    expect((await service.asStranger().post('/api/v1/notes', {}, { headers })).statusCode).toBe(401);
    expect((await service.as(alice).post('/api/v1/notes', {}, { headers })).statusCode).toBe(400);
    expect((await service.as(alice).post('/api/v1/nothing', {}, { headers })).statusCode).toBe(404);
  });

  test('that a route says it reads, and does not, is found by whoever sends it', async () => {
    const answer = await service
      .as(alice)
      .put('/api/v1/forgetful', undefined, { headers: { 'if-match': '"1"' } });
    expect(answer.statusCode).toBe(500);
  });
});

describe('If-None-Match', () => {
  test('is 304 for the tag of the same answer, in any coding and however weak', async () => {
    const tag = String((await get()).headers.etag);
    expect(tag).toMatch(/^"3\.[\w-]{16}"$/);
    const encoded = tag.replace(/"$/, '.gzip"');
    for (const [given, told] of [
      [tag, tag],
      [`W/${tag}`, tag],
      [`"1", ${tag}`, tag],
      ['*', tag],
      [encoded, encoded],
    ] as const) {
      const answer = await get({ 'if-none-match': given });
      expect([answer.statusCode, answer.body, answer.headers.etag]).toEqual([304, '', told]);
      expect(answer.headers).not.toHaveProperty('content-type');
      expect(answer.headers).not.toHaveProperty('content-length');
    }
  });

  test.each(['"3"', '"2"', 'nonsense', '""'])('%s is 200', async (given) => {
    expect((await get({ 'if-none-match': given })).statusCode).toBe(200);
  });

  test('is not for somebody else, whose answer has the same version', async () => {
    const tag = String((await get()).headers.etag);
    await service.database.query('update projects.notes set text = $1', ['another']);
    const answer = await get({ 'if-none-match': tag });
    expect([answer.statusCode, answer.json().version]).toEqual([200, 3]);
  });

  test('of a HEAD is answered as that of a GET, with the length that its answer has', async () => {
    const whole = await get();
    const head = (headers: Record<string, string>) => service.as(alice).head(url, { headers });
    const length = String(Buffer.byteLength(whole.body));
    const first = await head({});
    expect([first.statusCode, first.headers.etag]).toEqual([200, whole.headers.etag]);
    expect(first.headers['content-length']).toBe(length);
    const second = await head({ 'if-none-match': String(whole.headers.etag) });
    expect([second.statusCode, second.body, second.headers['content-length']]).toEqual([304, '', length]);
  });
});

test('a replayed answer carries the tag of the first, which is that of the resource', async () => {
  const create = () =>
    service.as(alice).post('/api/v1/notes', { text: 'once' }, { headers: { 'idempotency-key': 'once' } });
  const [first, again] = [await create(), await create()];
  expect(again.headers['idempotency-replayed']).toBe('true');
  expect(again.headers.etag).toBe(first.headers.etag);
  const read = await service.as(alice).get(String(first.headers.location));
  expect(read.headers.etag).toBe(first.headers.etag);
});

test('no cache keeps for others what one was answered, refusals included', async () => {
  for (const answer of [
    await get(),
    await get({ 'if-none-match': '*' }),
    await service.as(alice).get('/api/v1/notes'),
    await service.as(alice).get('/api/v1/nothing'),
    await service.asStranger().get('/api/v1/notes'),
  ]) {
    expect(answer.headers['cache-control']).toBe('private, no-cache');
  }
});

test('a route that is versioned and answers no version does not start', async () => {
  const { createApp } = await import('../../src/index.ts');
  const { config } = service.app;
  const app = await createApp({ service: 'projects', config, openapi: { title: 'x', description: 'x' } });
  expect(() =>
    app.get('/x', { config: { versioned: true }, schema: { response: { 200: {} } } }, async () => ({})),
  ).toThrow('GET /x is versioned, and its answer has no version');
  await app.close();
});
