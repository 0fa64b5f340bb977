import { beforeAll, describe, expect, test } from 'vitest';
import { createAdmin } from '../../src/app.ts';
import { type Person, startIdentityApp } from '../support/app.ts';

const service = await startIdentityApp();
let admin: Person;
let user: Person;

beforeAll(async () => {
  user = await service.person('charlie');
  for (const name of ['one', 'two', 'three']) await service.person(name);
  await service.prove(await service.person('root'));
  await createAdmin(service.dataSource, { email: 'root@example.com', existing: true });
  admin = await service.logIn('root@example.com');
});

describe('GET /admin/users', () => {
  test('is for administrators: the refusal is told to the audit', async () => {
    expect((await user.call.get('/api/v1/admin/users')).json()).toMatchObject({
      status: 403,
      code: 'ADMIN_ONLY',
    });
    expect((await service.events('identity.access.refused')).at(-1)).toMatchObject({
      subject: user.id,
      data: { code: 'ADMIN_ONLY', route: '/api/v1/admin/users' },
    });
  });

  test('shows all, newest first, in pages, with redacted emails', async () => {
    const names: string[] = [];
    let cursor: string | null = null;
    do {
      const answer = await admin.call.get('/api/v1/admin/users', {
        query: { limit: '2', include_total: 'true', ...(cursor && { cursor }) },
      });
      expect(answer.statusCode).toBe(200);
      expect(answer.json().total).toBe(5);
      expect(answer.body).not.toMatch(/charlie@|root@/);
      names.push(...answer.json().items.map((item: { email: string }) => item.email));
      cursor = answer.json().next_cursor;
    } while (cursor);
    expect(names).toEqual([
      'ro***@example.com',
      'th***@example.com',
      'tw***@example.com',
      'on***@example.com',
      'ch***@example.com',
    ]);
  });

  test('filters by role, and a cursor is good for its filter alone', async () => {
    const admins = await admin.call.get('/api/v1/admin/users', { query: { role: 'admin' } });
    expect(admins.json().items.map((item: { id: string }) => item.id)).toEqual([admin.id]);
    const page = await admin.call.get('/api/v1/admin/users', { query: { limit: '1' } });
    const foreign = await admin.call.get('/api/v1/admin/users', {
      query: { limit: '1', tier: 'free', cursor: page.json().next_cursor },
    });
    expect(foreign.json()).toMatchObject({ status: 400, code: 'MALFORMED_CURSOR' });
  });
});

describe('GET /admin/users/{id}', () => {
  test('shows one whole, and leaves an event that says who looked', async () => {
    const answer = await admin.call.get(`/api/v1/admin/users/${user.id}`);
    expect(answer.json()).toMatchObject({ id: user.id, email: 'charlie@example.com' });
    const inspections = await service.events('identity.user.inspected');
    expect(inspections).toHaveLength(1);
    expect(inspections[0]).toMatchObject({ subject: user.id, actorid: admin.id });
    const head = await admin.call.head(`/api/v1/admin/users/${user.id}`);
    expect([head.statusCode, head.body, head.headers.etag]).toEqual([200, '', answer.headers.etag]);
    expect(await service.events('identity.user.inspected')).toHaveLength(1);
  });

  test.each([
    ['nobody', '01890000-0000-7000-8000-000000000000', 404, 'NOT_FOUND'],
    ['no UUID', 'charlie', 400, 'VALIDATION_FAILED'],
  ])('of %s is refused', async (_, id, status, code) => {
    expect((await admin.call.get(`/api/v1/admin/users/${id}`)).json()).toMatchObject({ status, code });
  });

  test('is not for people, not even for themselves', async () => {
    expect((await user.call.get(`/api/v1/admin/users/${user.id}`)).statusCode).toBe(403);
  });
});
