import { testUser } from '@hivesync/testing';
import { beforeAll, expect, test } from 'vitest';
import { startNotes } from './support/notes-service.ts';

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

test('a change without If-Match is 428', async () => {
  expect((await patch({})).json()).toMatchObject({ status: 428, code: 'IF_MATCH_REQUIRED' });
});

test('a change of what has moved on is 412 and tells the present tag', async () => {
  const answer = await patch({ 'if-match': '"2"' });
  expect(answer.json()).toMatchObject({ status: 412, code: 'PRECONDITION_FAILED' });
  expect(answer.headers.etag).toBe('"3"');
});

test('a change of what was seen passes', async () => {
  expect((await patch({ 'if-match': '"3"' })).statusCode).toBe(200);
});

test.each(['*', 'W/"3"', '"3", "2"', '3', '"three"', '', '"99999999999"', '"4294967299"', '"-3"'])(
  'If-Match: %s is 400',
  async (given) => {
    expect((await patch({ 'if-match': given })).json()).toMatchObject({
      status: 400,
      code: 'MALFORMED_IF_MATCH',
    });
  },
);

test.each([
  ['"3"', 304],
  ['W/"3"', 304],
  ['"1", "3"', 304],
  ['*', 304],
  ['"2"', 200],
])('If-None-Match: %s is %i', async (given, status) => {
  const answer = await service.as(alice).get(url, { headers: { 'if-none-match': given } });
  expect(answer.statusCode).toBe(status);
  expect(answer.headers.etag).toBe('"3"');
  expect(answer.body === '').toBe(status === 304);
});
