import { limitKeys, tierLimitChanged } from '@hivesync/contracts';
import { query } from '@hivesync/database';
import { type Caller, meanwhile, openTransaction, testUser } from '@hivesync/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { startBilling } from './service.ts';

const root = testUser({ role: 'admin' });
let service: Awaited<ReturnType<typeof startBilling>>;
let admin: Caller;
let person: Caller;

beforeAll(async () => {
  service = await startBilling({}, { administrators: [root] });
  admin = service.as(root);
  person = service.as(testUser());
});

const published = () =>
  query<Record<string, unknown>>(
    service.dataSource,
    `select subject, aggregate_version, actor_id, host(client_ip) as client_ip, request_id, data
     from outbox
     where type = $1
     order by transaction_id, position`,
    [tierLimitChanged.type],
  );
const readLimit = async (tier: string, key: string) => {
  const { items } = (await person.get('/api/v1/tier-limits')).json();
  return items.find((item: Record<string, unknown>) => item.tier === tier && item.limit_key === key)?.value;
};

describe('GET /api/v1/tier-limits', () => {
  test('lists every limit of every tier in one page', async () => {
    const answer = await person.get('/api/v1/tier-limits');
    expect(answer.statusCode).toBe(200);
    const { items, next_cursor: cursor } = answer.json();
    expect(cursor).toBeNull();
    expect(items).toHaveLength(limitKeys.length * 3);
    expect(items).toContainEqual({
      tier: 'premium',
      limit_key: 'previews_per_hour',
      value: 250,
      updated_at: expect.any(String),
    });
  });

  test('is for who is signed in; services read the same at their own door', async () => {
    expect((await service.asStranger().get('/api/v1/tier-limits')).statusCode).toBe(401);
    const inside = await service.asService('projects').get('/internal/tier-limits');
    expect(inside.statusCode).toBe(200);
    expect(inside.json()).toEqual((await person.get('/api/v1/tier-limits')).json());
    expect((await person.get('/internal/tier-limits')).statusCode).toBe(401);
  });
});

describe('PUT /api/v1/admin/tier-limits/{tier}/{limit_key}', () => {
  const path = '/api/v1/admin/tier-limits/pro/projects_owned';

  test('changes the limit and tells it once, with who did it', async () => {
    const headers = { 'x-request-id': 'req-7', 'x-forwarded-for': '203.0.113.7' };
    const answer = await admin.put(path, { value: 60 }, { headers });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      tier: 'pro',
      limit_key: 'projects_owned',
      value: 60,
      updated_at: expect.any(String),
    });
    expect(await readLimit('pro', 'projects_owned')).toBe(60);
    const told = {
      subject: 'pro:projects_owned',
      aggregate_version: 2,
      actor_id: root.id,
      client_ip: '203.0.113.7',
      request_id: 'req-7',
      data: { tier: 'pro', limit_key: 'projects_owned', value: 60 },
    };
    expect(await published()).toEqual([told]);

    await admin.put(path, { value: 60 });
    expect(await published()).toEqual([told]);
  });

  test('keeps the order of changes that come at once', async () => {
    const before = (await published()).length;
    const values = Array.from({ length: 10 }, (_, at) => 100 + at);
    const answers = await Promise.all(
      values.map((value) => admin.put('/api/v1/admin/tier-limits/free/tasks_per_project', { value })),
    );
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(values.map(() => 200));
    const changes = (await published()).slice(before);
    expect(changes.map((change) => change.aggregate_version)).toEqual(values.map((_, at) => at + 2));
    expect(changes.at(-1)?.data).toMatchObject({ value: await readLimit('free', 'tasks_per_project') });
  });

  test('tells of the same change once, though two ask for it at once', async () => {
    const before = (await published()).length;
    const holder = await openTransaction(service.dataSource);
    await query(
      holder.tx,
      `select from tier_limits where tier = 'premium' and limit_key = 'tasks_per_project' for update`,
    );
    const asking = meanwhile(() =>
      Promise.all(
        [1, 2].map(() => admin.put('/api/v1/admin/tier-limits/premium/tasks_per_project', { value: 7 })),
      ),
    );
    // Both have begun, and stand before the row.
    const waiting = () =>
      service.database.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
    await expect.poll(async () => (await waiting()).length).toBe(2);
    await holder.rollback();
    const answers = await asking.outcome;
    expect(answers.map((answer) => [answer.statusCode, answer.json().value])).toEqual([
      [200, 7],
      [200, 7],
    ]);
    expect((await published()).slice(before)).toMatchObject([{ aggregate_version: 2, data: { value: 7 } }]);
  });

  test('is for administrators alone, and a refusal is told', async () => {
    const user = testUser();
    const before = await readLimit('pro', 'projects_owned');
    const answer = await service.as(user).put(path, { value: 1_000 });
    expect(answer.json()).toMatchObject({ status: 403, code: 'ADMIN_ONLY' });
    expect((await service.asStranger().put(path, { value: 1_000 })).statusCode).toBe(401);
    expect(await readLimit('pro', 'projects_owned')).toBe(before);
    const refusals = await query<object>(
      service.dataSource,
      `select actor_id, data from outbox where type = 'billing.access.refused'`,
    );
    expect(refusals).toEqual([
      {
        actor_id: user.id,
        data: { code: 'ADMIN_ONLY', method: 'PUT', route: '/api/v1/admin/tier-limits/:tier/:limit_key' },
      },
    ]);
  });

  test.each([
    ['gold/projects_owned', { value: 1 }],
    ['pro/wishes', { value: 1 }],
    ['pro/projects_owned', { value: -1 }],
    ['pro/projects_owned', { value: 1.5 }],
    ['pro/projects_owned', { value: '7' }],
    ['pro/projects_owned', { value: 2_147_483_648 }],
    ['pro/projects_owned', {}],
    ['pro/projects_owned', { value: 1, note: 'please' }],
    ['pro/gpu', { value: 2 }],
  ])('refuses %s %j and tells nothing', async (limit, body) => {
    const before = await published();
    const answer = await admin.put(`/api/v1/admin/tier-limits/${limit}`, body);
    expect(answer.json()).toMatchObject({
      status: 400,
      code: 'VALIDATION_FAILED',
      errors: [{ path: expect.any(String), message: expect.any(String) }],
    });
    expect(await published()).toEqual(before);
  });
});
