import type { NotificationType, UserId } from '@hivesync/contracts';
import { transaction } from '@hivesync/database';
import { describe, expect, test } from 'vitest';
import { insertNotifications } from '../../src/notifications/notification.repository.ts';
import { startIdentityApp } from '../support/app.ts';

const service = await startIdentityApp();
type Listed = { id: string; type: string; is_read: boolean; payload_json: { title: string } };

async function fill(userId: UserId, titles: string[], type: NotificationType = 'task_assigned') {
  for (const title of titles) {
    await transaction(service.dataSource, (tx) =>
      insertNotifications(tx, { recipients: [userId], type, payload: { title }, sourceEventId: null }),
    );
  }
}

describe('an inbox', () => {
  test('is listed newest first, in pages that show each row once', async () => {
    const { call, id } = await service.person('reader');
    await fill(id, ['a', 'b', 'c', 'd', 'e']);
    const titles: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await call.get('/api/v1/notifications', {
        query: { limit: '2', include_total: 'true', ...(cursor && { cursor }) },
      });
      expect(page.json().total).toBe(5);
      titles.push(...page.json<{ items: Listed[] }>().items.map((item) => item.payload_json.title));
      cursor = page.json().next_cursor;
    } while (cursor);
    expect(titles).toEqual(['e', 'd', 'c', 'b', 'a']);
  });

  test('is counted, and marked read in part or whole; others keep theirs', async () => {
    const { call, id } = await service.person('marker');
    const other = await service.person('other');
    await fill(id, ['a', 'b', 'c']);
    await fill(other.id, ['theirs']);
    const unread = async (who = call) => (await who.get('/api/v1/notifications/unread-count')).json().unread;
    expect(await unread()).toBe(3);
    const { items } = (await call.get('/api/v1/notifications')).json<{ items: Listed[] }>();
    const [newest] = items;
    const theirs = (await other.call.get('/api/v1/notifications')).json<{ items: Listed[] }>().items[0];
    const some = await call.post('/api/v1/notifications/read', { ids: [newest?.id, theirs?.id] });
    expect(some.json()).toEqual({ marked: 1 });
    expect(await unread()).toBe(2);
    expect(await unread(other.call)).toBe(1);
    const left = await call.get('/api/v1/notifications', { query: { unread: 'true' } });
    expect(left.json<{ items: Listed[] }>().items.map((item) => item.payload_json.title)).toEqual(['b', 'a']);
    expect((await call.post('/api/v1/notifications/read', { all: true })).json()).toEqual({ marked: 2 });
    expect((await call.post('/api/v1/notifications/read', { all: true })).json()).toEqual({ marked: 0 });
    expect(await unread()).toBe(0);
    expect(await unread(other.call)).toBe(1);
  });

  test('does not take a cursor of another person, nor an altered one', async () => {
    const { call, id } = await service.person('mine');
    const other = await service.person('foreign');
    await fill(id, ['a', 'b']);
    const { next_cursor } = (await call.get('/api/v1/notifications', { query: { limit: '1' } })).json();
    const list = (who: typeof call, cursor: string) =>
      who.get('/api/v1/notifications', { query: { limit: '1', cursor } });
    expect((await list(call, next_cursor)).statusCode).toBe(200);
    expect((await list(other.call, next_cursor)).json()).toMatchObject({ code: 'MALFORMED_CURSOR' });
    expect((await list(call, `${next_cursor.slice(0, -2)}AA`)).json()).toMatchObject({
      code: 'MALFORMED_CURSOR',
    });
  });

  test.each([
    ['nothing', {}],
    ['both', { all: true, ids: ['01890000-0000-7000-8000-000000000000'] }],
    ['not all', { all: false }],
    ['no ids', { ids: [] }],
    [
      '201 ids',
      {
        ids: Array.from({ length: 201 }, (_, n) => `01890000-0000-7000-8000-${String(n).padStart(12, '0')}`),
      },
    ],
    ['no UUID', { ids: ['first'] }],
  ])('refuses to mark %s', async (_, body) => {
    const { call } = await service.logIn('strict@example.com').catch(() => service.person('strict'));
    expect((await call.post('/api/v1/notifications/read', body)).json()).toMatchObject({
      status: 400,
      code: 'VALIDATION_FAILED',
    });
  });

  test.each(['/api/v1/notifications', '/api/v1/notifications/unread-count'])(
    '%s needs a token',
    async (path) => {
      expect((await service.asStranger().get(path)).statusCode).toBe(401);
    },
  );
});
