import { type DataSource, newId, query } from '@hivesync/database';
import { type Caller, testUser } from '@hivesync/testing';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { startWorkers } from './service.ts';

let service: Awaited<ReturnType<typeof startWorkers>>;
let dataSource: DataSource;
let admin: Caller;

beforeAll(async () => {
  service = await startWorkers();
  ({ dataSource } = service);
  admin = service.as(testUser({ role: 'admin' }));
  // Six nodes, two of each microsecond, so that the id has to order them too.
  await query(
    dataSource,
    `insert into worker_nodes (id, name, type, status, capacity, token_sha256, token_expires_at, created_at)
     select gen_random_uuid(),
            'node-' || ordinal,
            case when ordinal % 2 = 0 then 'cpu' else 'gpu' end::worker_type,
            case when ordinal < 4 then 'healthy' else 'offline' end::worker_status,
            4,
            sha256(ordinal::text::bytea),
            now(),
            timestamptz '2026-01-02 03:04:05.000001Z' + (ordinal / 2) * interval '1 microsecond'
     from generate_series(0, 5) as ordinal`,
  );
});

describe('GET /api/v1/admin/workers', () => {
  const path = '/api/v1/admin/workers';

  test('is for administrators alone', async () => {
    expect((await service.asStranger().get(path)).json()).toMatchObject({
      status: 401,
      code: 'UNAUTHENTICATED',
    });
    expect((await service.as(testUser()).get(path)).json()).toMatchObject({
      status: 403,
      code: 'ADMIN_ONLY',
    });
  });

  test('pages through all nodes, newest first, each once', async () => {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const answer = await admin.get(path, { query: { limit: '1', ...(cursor && { cursor }) } });
      expect(answer.statusCode).toBe(200);
      ids.push(...answer.json().items.map(({ id }: { id: string }) => id));
      cursor = answer.json().next_cursor;
    } while (cursor);
    const rows = await query<{ id: string }>(
      dataSource,
      'select id from worker_nodes order by created_at desc, id desc',
    );
    expect(ids).toEqual(rows.map(({ id }) => id));
  });

  test('shows a node without its token', async () => {
    const { items } = (
      await admin.get(path, { query: { status: 'healthy', type: 'gpu', limit: '1' } })
    ).json();
    expect(items).toEqual([
      {
        id: expect.any(String),
        cloudflare_id: null,
        name: 'node-3',
        type: 'gpu',
        status: 'healthy',
        capacity: 4,
        software_version: null,
        last_heartbeat_at: null,
        created_at: '2026-01-02T03:04:05.000Z',
        updated_at: expect.any(String),
      },
    ]);
  });

  test.each([
    [{ status: 'offline' }, 2],
    [{ type: 'cpu' }, 3],
    [{ status: 'healthy', type: 'gpu' }, 2],
    [{ status: 'draining' }, 0],
  ])('filters by %j', async (filter, total) => {
    const answer = await admin.get(path, { query: { ...filter, include_total: 'true' } });
    expect(answer.json()).toMatchObject({ total, next_cursor: null });
    expect(answer.json().items).toHaveLength(total);
  });

  test('refuses what it does not know', async () => {
    for (const [name, value] of [
      ['status', 'tired'],
      ['type', 'tpu'],
      ['limit', '201'],
      ['name', 'node-1'],
    ] as const) {
      const answer = await admin.get(path, { query: { [name]: value } });
      expect(answer.json()).toMatchObject({
        status: 400,
        code: 'VALIDATION_FAILED',
        errors: [{ path: `query/${name}` }],
      });
    }
    const cursor = 'bm90IG91cnM';
    expect((await admin.get(path, { query: { cursor } })).json()).toMatchObject({ code: 'MALFORMED_CURSOR' });
  });
});

test('services list all nodes in the order of their ids', async () => {
  const all = await query<{ id: string; name: string }>(
    dataSource,
    'select id, name from worker_nodes order by id',
  );
  const list = async (page: Record<string, string>) =>
    (await service.asService('previews').get('/internal/nodes', { query: page })).json().items;
  const [first, second] = all;
  expect(await list({})).toMatchObject(all.map(({ id, name }) => ({ id, version: 1, data: { name } })));
  expect(await list({ limit: '1', after: first?.id ?? '' })).toMatchObject([{ id: second?.id }]);
  expect((await admin.get('/internal/nodes')).statusCode).toBe(401);
});

describe('POST /internal/nodes/resolve', () => {
  const path = '/internal/nodes/resolve';

  test('tells services which ids are nodes, with their fields and version', async () => {
    const [node] = await query<{ id: string }>(
      dataSource,
      `select id from worker_nodes where name = 'node-3'`,
    );
    const answer = await service.asService('previews').post(path, { ids: [node?.id, newId()] });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      items: [{ id: node?.id, version: 1, data: { name: 'node-3', type: 'gpu' } }],
    });
  });

  test('is not for people, not even administrators', async () => {
    const body = { ids: [newId()] };
    expect((await admin.post(path, body)).statusCode).toBe(401);
    expect((await service.asStranger().post(path, body)).statusCode).toBe(401);
    const elsewhere = await service.asService('previews', { audience: 'hivesync/billing' }).post(path, body);
    expect(elsewhere.json()).toMatchObject({ status: 401, code: 'TOKEN_INVALID' });
  });

  test.each([{ ids: [] }, { ids: ['node-3'] }, {}, { ids: [newId()], all: true }])(
    'refuses %j',
    async (body) => {
      const answer = await service.asService('previews').post(path, body);
      expect(answer.json()).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
    },
  );
});

test('a service that starts makes the partitions ahead and drops those that are over', async () => {
  const partitions = async () => {
    const rows = await query<{ name: string }>(
      dataSource,
      `select inhrelid::regclass::text as name from pg_inherits
       where inhparent = 'worker_heartbeats'::regclass order by name`,
    );
    return rows.map(({ name }) => name);
  };
  await query(dataSource, `select ensure_partitions('worker_heartbeats', now() - interval '60 days')`);
  const [newest] = (await partitions()).slice(-1);
  await service.database.query(`drop table workers.${newest}`);

  await service.app.lifecycle.start();
  await vi.waitFor(async () => {
    const names = await partitions();
    expect(names).toContain(newest);
    const oldest = new Date(Date.now() - 16 * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
    expect(names.filter((name) => name < `worker_heartbeats_p${oldest}`)).toEqual([]);
  });
});
