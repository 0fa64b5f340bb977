import { testUser } from '@hivesync/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { startNotes } from './support/notes-service.ts';

let service: Awaited<ReturnType<typeof startNotes>>;
const alice = testUser();
const texts = Array.from({ length: 7 }, (_, at) => `a${at}`);

interface NotePage {
  items: { text: string }[];
  next_cursor: string | null;
}

beforeAll(async () => {
  service = await startNotes();
  for (const text of [...texts, 'b0', 'b1']) await service.as(alice).post('/api/v1/notes', { text });
});

const list = async (query: Record<string, string>, who = alice) => {
  const answer = await service.as(who).get('/api/v1/notes', { query });
  return { status: answer.statusCode, code: answer.json().code, page: answer.json<NotePage>() };
};

test('pages walk the whole list once, in order', async () => {
  const seen: string[] = [];
  let query: Record<string, string> = { limit: '2', starts: 'a' };
  for (let pages = 0; pages < 10; pages += 1) {
    const { page } = await list(query);
    seen.push(...page.items.map(({ text }) => text));
    if (page.next_cursor === null) break;
    query = { ...query, cursor: page.next_cursor };
  }
  expect(seen).toEqual(texts);
});

test('a page that ends with the list has no next one', async () => {
  const { page } = await list({ limit: '7', starts: 'a' });
  expect(page.items).toHaveLength(7);
  expect(page.next_cursor).toBeNull();
});

test('50 is the limit where none is given, 200 the largest', async () => {
  expect((await list({})).page.items).toHaveLength(9);
  expect((await list({ limit: '200' })).status).toBe(200);
});

describe('a cursor', () => {
  const cursorOf = async () => (await list({ limit: '2', starts: 'a' })).page.next_cursor ?? '';

  test('fits another limit of the same list', async () => {
    const { page } = await list({ limit: '1', starts: 'a', cursor: await cursorOf() });
    expect(page.items.map(({ text }) => text)).toEqual(['a2']);
  });

  test('of another filter is refused', async () => {
    expect(await list({ starts: 'b', cursor: await cursorOf() })).toMatchObject({
      status: 400,
      code: 'MALFORMED_CURSOR',
    });
    expect((await list({ cursor: await cursorOf() })).status).toBe(400);
  });

  test('of another caller is refused', async () => {
    expect((await list({ starts: 'a', cursor: await cursorOf() }, testUser())).status).toBe(400);
  });

  test('that was altered anywhere is refused', async () => {
    const cursor = await cursorOf();
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (let at = 0; at < cursor.length; at += 1) {
      const next = alphabet[(alphabet.indexOf(cursor[at] ?? 'A') + 1) % 64];
      const altered = `${cursor.slice(0, at)}${next}${cursor.slice(at + 1)}`;
      expect(await list({ limit: '2', starts: 'a', cursor: altered }), altered).toMatchObject({
        code: 'MALFORMED_CURSOR',
      });
    }
  });

  test.each([
    ['cut', (c: string) => c.slice(0, -2)],
    ['padded', (c: string) => `${c}=`],
    ['longer', (c: string) => `${c}AA`],
  ])('that was %s is refused', async (_how, change) => {
    expect((await list({ limit: '2', starts: 'a', cursor: change(await cursorOf()) })).code).toBe(
      'MALFORMED_CURSOR',
    );
  });
});
