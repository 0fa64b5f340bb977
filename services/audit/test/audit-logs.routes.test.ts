import type { UserId } from '@hivesync/contracts';
import { type DataSource, newId, query, transaction } from '@hivesync/database';
import { type Caller, testUser } from '@hivesync/testing';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { type AuditFact, appendFact } from '../src/audit-logs/audit-log.repository.ts';
import { startAudit } from './service.ts';

const path = '/api/v1/admin/audit-logs';
const [alice, bob] = [newId<UserId>(), newId<UserId>()];
const task = newId();

let service: Awaited<ReturnType<typeof startAudit>>;
let dataSource: DataSource;
let admin: Caller;

const fact: Omit<AuditFact, 'id'> = {
  createdAt: '2026-03-04T05:06:07.123456Z',
  userId: alice,
  eventType: 'projects.task.created',
  entityType: 'task',
  entityId: task,
  data: { number: 1 },
  ipAddress: '203.0.113.7',
  sourceService: 'projects',
  requestId: 'req-1',
};
const append = (change: Partial<AuditFact>) =>
  transaction(dataSource, (tx) => appendFact(tx, { ...fact, id: newId(), ...change }));

beforeAll(async () => {
  service = await startAudit();
  ({ dataSource } = service);
  admin = service.as(testUser({ role: 'admin' }));
  await query(dataSource, `insert into user_refs (id, display_name) values ($1, 'Alice')`, [alice]);
  // Two months, and several facts of one microsecond.
  for (let at = 0; at < 4; at += 1) await append({});
  await append({ eventType: 'projects.task.updated', createdAt: '2026-03-04T05:06:07.123457Z' });
  await append({ entityType: 'project', entityId: 'p-1', eventType: 'projects.project.created' });
  await append({ userId: bob, ipAddress: '2001:db8::7', createdAt: '2026-04-01T00:00:00Z' });
  await append({
    userId: null,
    ipAddress: null,
    requestId: null,
    eventType: 'identity.login.failed',
    entityType: 'login',
    sourceService: 'identity',
    createdAt: '2026-02-28T23:59:59.999999Z',
  });
});

const items = async (filter: Record<string, string>) => {
  const answer = await admin.get(path, { query: filter });
  expect(answer.statusCode).toBe(200);
  return answer.json().items;
};

test('only administrators may read the log', async () => {
  expect((await service.asStranger().get(path)).json()).toMatchObject({
    status: 401,
    code: 'UNAUTHENTICATED',
  });
  expect((await service.as(testUser()).get(path)).json()).toMatchObject({ status: 403, code: 'ADMIN_ONLY' });
  expect((await service.asService('projects').get(path)).statusCode).toBe(401);
});

test('a fact is shown whole, with the name of its user', async () => {
  expect(await items({ event_type: 'projects.task.updated' })).toEqual([
    {
      id: expect.any(String),
      user_id: alice,
      user_name: 'Alice',
      event_type: 'projects.task.updated',
      entity_type: 'task',
      entity_id: task,
      data_json: { number: 1 },
      ip_address: '203.0.113.7',
      source_service: 'projects',
      request_id: 'req-1',
      created_at: '2026-03-04T05:06:07.123Z',
    },
  ]);
});

test('a fact of nobody, and one of a user without a name, are shown too', async () => {
  expect(await items({ event_type: 'identity.login.failed' })).toMatchObject([
    { user_id: null, user_name: null, ip_address: null, request_id: null },
  ]);
  expect(await items({ user_id: bob })).toMatchObject([{ user_name: null, ip_address: '2001:db8::7' }]);
});

test('pages go through all months, newest first, each fact once', async () => {
  for (const limit of ['1', '3']) {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const answer = await admin.get(path, { query: { limit, ...(cursor && { cursor }) } });
      ids.push(...answer.json().items.map(({ id }: { id: string }) => id));
      cursor = answer.json().next_cursor;
    } while (cursor);
    const rows = await query<{ id: string }>(
      dataSource,
      'select id from audit_logs order by created_at desc, id desc',
    );
    expect(ids).toEqual(rows.map(({ id }) => id));
    expect(ids).toHaveLength(8);
  }
});

describe('filters', () => {
  test.each([
    [{ user_id: alice }, 6],
    [{ user_id: newId() }, 0],
    [{ event_type: 'projects.task.created' }, 5],
    [{ entity_type: 'project' }, 1],
    [{ entity_id: task }, 7],
    [{ entity_type: 'task', entity_id: task }, 6],
    [{ ip: '203.0.113.7' }, 6],
    [{ ip: '::FFFF:203.0.113.7' }, 6],
    [{ ip: '2001:0db8:0:0:0:0:0:7' }, 1],
    [{ from: '2026-03-01T00:00:00Z' }, 7],
    [{ to: '2026-03-01T00:00:00Z' }, 1],
    [{ from: '2026-03-04T05:06:07.123457Z', to: '2026-04-01T00:00:00Z' }, 1],
    [{ from: '2026-04-01T02:00:00+02:00' }, 1],
    [{ user_id: alice, event_type: 'projects.task.created', ip: '203.0.113.7' }, 4],
  ])('by %j', async (filter, total) => {
    const answer = await admin.get(path, { query: { ...filter, include_total: 'true' } });
    expect(answer.json()).toMatchObject({ total, next_cursor: null });
    expect(answer.json().items).toHaveLength(total);
  });

  test.each([
    ['user_id', 'alice'],
    ['ip', 'localhost'],
    ['ip', '203.0.113.256'],
    ['from', 'yesterday'],
    ['from', '2026-13-01T00:00:00Z'],
    ['entity_type', ''],
    ['request_id', 'req-1'],
  ])('refuses %s=%s', async (name, value) => {
    const answer = await admin.get(path, { query: { [name]: value } });
    expect(answer.json()).toMatchObject({
      status: 400,
      code: 'VALIDATION_FAILED',
      errors: [{ path: `query/${name}` }],
    });
  });

  test('bind a cursor: it does not fit another filter', async () => {
    const filter = { user_id: alice, limit: '2' };
    const { next_cursor: cursor } = (await admin.get(path, { query: filter })).json();
    expect((await admin.get(path, { query: { ...filter, cursor } })).statusCode).toBe(200);
    const other = await admin.get(path, { query: { user_id: bob, limit: '2', cursor } });
    expect(other.json()).toMatchObject({ status: 400, code: 'MALFORMED_CURSOR' });
  });

  test.each(['user_id', 'event_type', 'entity_type', 'entity_id', 'ip_address'])(
    'by %s read an index in order',
    async (column) => {
      const literal = { user_id: alice, ip_address: '203.0.113.7' }[column] ?? 'x';
      const plan = await dataSource.transaction(async (tx) => {
        await query(
          tx,
          'set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off',
        );
        return query<{ 'QUERY PLAN': string }>(
          tx,
          `explain select * from audit_logs where ${column} = '${literal}' order by created_at desc, id desc limit 51`,
        );
      });
      const text = plan.map((line) => line['QUERY PLAN']).join('\n');
      expect(text).toContain(`${column}_created_at_id_idx`);
      expect(text).not.toContain('Sort Key: audit_logs_');
    },
  );
});

test('a service that starts makes the partitions ahead, guarded', async () => {
  const [newest] = await service.database.query<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits
     where inhparent = 'audit.audit_logs'::regclass order by name desc limit 1`,
  );
  await service.database.query(`drop table ${newest?.name}`);
  await service.app.lifecycle.start();
  await vi.waitFor(async () => {
    const guards = await service.database.query(
      `select tgname from pg_trigger
       where tgrelid = to_regclass($1) and tgname like 'audit_logs_refuse_%' order by tgname`,
      [newest?.name],
    );
    expect(guards).toEqual([
      { tgname: 'audit_logs_refuse_change' },
      { tgname: 'audit_logs_refuse_truncate' },
    ]);
  });
});

test('a fact of a month that is there walks no partitions, and is two statements', async () => {
  const [ensure] = await service.database.query<{ definition: string }>(
    `select pg_get_functiondef('audit.ensure_audit_partitions(timestamptz)'::regprocedure) as definition`,
  );
  await service.database.query(
    `create or replace function audit.ensure_audit_partitions(moment timestamptz) returns void
     language plpgsql
     as $$ begin raise exception 'walked'; end $$`,
  );
  try {
    const statements = await transaction(dataSource, async (tx) => {
      const sent = vi.spyOn(tx, 'query');
      await appendFact(tx, { ...fact, id: newId(), userId: newId<UserId>() });
      return sent.mock.calls.length;
    });
    expect(statements).toBe(2);
    await expect(append({ createdAt: '2025-01-31T23:59:59Z' })).rejects.toThrow('walked');
  } finally {
    await service.database.query(ensure!.definition);
  }
  await append({ createdAt: '2025-01-31T23:59:59Z' });
});
