import { describe, expect, test } from 'vitest';
import { startIdentityApp } from '../support/app.ts';

const service = await startIdentityApp();
const projects = service.asService('projects');
const alice = await service.person('alice');

describe('POST /internal/users/resolve', () => {
  test('gives those that exist, with what is kept of them, and no email', async () => {
    const ids = [alice.id, '01890000-0000-7000-8000-000000000000'];
    const answer = await projects.post('/internal/users/resolve', { ids });
    expect(answer.json()).toEqual({
      items: [{ id: alice.id, version: 1, data: { display_name: 'alice', avatar_url: null, tier: 'free' } }],
    });
    expect(answer.body).not.toContain('@');
  });

  test.each([
    ['none', { ids: [] }],
    ['no UUID', { ids: ['alice'] }],
    ['1,001', { ids: Array(1001).fill(alice.id) }],
  ])('refuses %s', async (_, body) => {
    expect((await projects.post('/internal/users/resolve', body)).statusCode).toBe(400);
  });
});

describe('GET /internal/users', () => {
  test('gives all in the order of their ids, page by page, as resolving gives them', async () => {
    const others = [await service.person('bob'), await service.person('carol')];
    const ids = [alice, ...others].map(({ id }) => id).sort();
    const list = async (query: Record<string, string>) => {
      const answer = await projects.get('/internal/users', { query });
      return answer.json().items;
    };
    const resolved = (await projects.post('/internal/users/resolve', { ids })).json().items;
    expect(await list({})).toEqual(ids.map((id) => resolved.find((user: { id: string }) => user.id === id)));
    const [first = '', second = '', third = ''] = ids;
    expect(await list({ limit: '2' })).toMatchObject([{ id: first }, { id: second }]);
    expect(await list({ limit: '2', after: second })).toMatchObject([{ id: third }]);
    expect(await list({ after: third })).toEqual([]);
    expect((await alice.call.get('/internal/users')).statusCode).toBe(401);
  });
});

describe('POST /internal/users/find-by-email', () => {
  test('tells nobody of an address that was never proven', async () => {
    const mallory = await service.person('not-mallorys');
    const found = await projects.post('/internal/users/find-by-email', { email: mallory.email });
    expect(found.json()).toEqual({ user: null });
  });

  test('finds without regard to case', async () => {
    await service.prove(alice);
    const found = await projects.post('/internal/users/find-by-email', { email: 'ALICE@example.com' });
    expect(found.json()).toMatchObject({ user: { id: alice.id, version: 1 } });
    const nobody = await projects.post('/internal/users/find-by-email', { email: 'nobody@example.com' });
    expect(nobody.json()).toEqual({ user: null });
  });

  test('is for projects alone, whereas all services may resolve ids and read events', async () => {
    const billing = service.asService('billing');
    const asked = await billing.post('/internal/users/find-by-email', { email: 'alice@example.com' });
    expect(asked.json()).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect((await billing.post('/internal/users/resolve', { ids: [alice.id] })).statusCode).toBe(200);
    expect((await billing.get('/internal/users')).statusCode).toBe(200);
    expect((await billing.get('/internal/events')).statusCode).toBe(200);
  });
});

test.each(['/internal/users/resolve', '/internal/users/find-by-email', '/internal/events'])(
  '%s is for services',
  async (path) => {
    const method = path.endsWith('events') ? 'get' : 'post';
    const send = (who: typeof projects) => (method === 'get' ? who.get(path) : who.post(path, {}));
    expect((await send(service.asStranger())).statusCode).toBe(401);
    expect((await send(alice.call)).statusCode).toBe(401);
    expect((await send(service.asService('projects', { forged: true }))).statusCode).toBe(401);
    expect((await send(service.asService('projects', { audience: 'hivesync/billing' }))).statusCode).toBe(
      401,
    );
  },
);
