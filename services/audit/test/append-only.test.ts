import { type DataSource, newId, query } from '@hivesync/database';
import { type TestDatabase, testDatabase } from '@hivesync/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { ensureAuditPartitions } from '../src/audit-logs/audit-log.repository.ts';
import { database } from '../src/database/data-source.ts';

let server: TestDatabase;
let app: DataSource;
let owner: DataSource;

beforeAll(async () => {
  server = await testDatabase();
  app = await server.dataSource(database);
  owner = await server.dataSource(database, { as: 'owner' });
  await query(
    app,
    `insert into audit_logs (id, created_at, event_type, entity_type, entity_id, data_json, source_service)
     values ($1, now(), 'projects.task.created', 'task', '1', '{}', 'projects')`,
    [newId()],
  );
  await query(
    app,
    `insert into audit_seals (id, sequence, from_at, to_at, row_count, hash, previous_hash, signature)
     values ($1, 1, now(), now(), 1, sha256('a'), decode(repeat('00', 32), 'hex'), 'signed')`,
    [newId()],
  );
});

const partition = () => `audit_logs_p${new Date().toISOString().slice(0, 7).replace('-', '')}01`;
const nextPartition = () => {
  const now = new Date();
  const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
  return `audit_logs_p${next.toISOString().slice(0, 10).replaceAll('-', '')}`;
};

const changes = (table: string) =>
  [
    `update ${table} set created_at = created_at`,
    `delete from ${table}`,
    `truncate ${table}`,
    `truncate ${table} cascade`,
  ].map((statement) => [statement] as const);

describe.each([
  ['the app role', () => app],
  ['the owner', () => owner],
  ['a superuser', () => server.dataSource(database, { as: 'admin' })],
])('%s', (_who, connect) => {
  test.each([
    ...changes('audit.audit_logs'),
    ...changes('audit.audit_seals'),
    ...changes(`audit.${partition()}`),
    [`truncate audit.${nextPartition()}`] as const,
  ])('cannot %s', async (statement) => {
    await expect(query(await connect(), statement)).rejects.toMatchObject({ driverError: { code: '42501' } });
    const [kept] = await server.query(
      `select (select count(*)::integer from audit.audit_logs) as logs,
              (select count(*)::integer from audit.audit_seals) as seals`,
    );
    expect(kept).toEqual({ logs: 1, seals: 1 });
  });
});

test('the app role may read and insert, and nothing else', async () => {
  const grants = await server.query<{ table_name: string; granted: string }>(
    `select table_name, string_agg(privilege_type, ', ' order by privilege_type) as granted
     from information_schema.role_table_grants
     where grantee = 'audit_app'
       and table_name like 'audit\\_%'
     group by table_name
     order by table_name`,
  );
  expect(grants).toEqual([
    { table_name: 'audit_logs', granted: 'INSERT, SELECT' },
    { table_name: 'audit_seals', granted: 'INSERT, SELECT' },
  ]);
});

test('the app role cannot take the guards away', async () => {
  for (const statement of [
    'alter table audit_logs disable trigger all',
    'drop trigger audit_logs_refuse_change on audit_logs',
    'drop table audit_logs',
    `drop table ${partition()}`,
    `alter table audit_logs detach partition ${partition()}`,
    `set session_replication_role = replica`,
    `select drop_expired_partitions('audit_logs')`,
    `delete from partition_policies`,
  ]) {
    await expect(query(app, statement), statement).rejects.toMatchObject({ driverError: { code: '42501' } });
  }
});

test('partitions reach 3 months ahead, and each that comes is guarded', async () => {
  const unguarded = `
    select inhrelid::regclass::text as name
    from pg_inherits
    where inhparent = 'audit_logs'::regclass
      and 2 <> (
        select count(*)
        from pg_trigger
        where tgrelid = inhrelid
          and tgname in ('audit_logs_refuse_change', 'audit_logs_refuse_truncate')
      )`;
  const ahead = () =>
    query<{ partitions: number }>(
      owner,
      `select count(*)::integer as partitions from pg_inherits where inhparent = 'audit_logs'::regclass`,
    );
  expect(await ahead()).toEqual([{ partitions: 4 }]);
  expect(await query<object>(owner, unguarded)).toEqual([]);

  await ensureAuditPartitions(app, '2024-02-29T12:00:00Z');
  expect(await ahead()).toEqual([{ partitions: 8 }]);
  expect(await query<object>(owner, unguarded)).toEqual([]);
  await expect(query(owner, 'truncate audit_logs_p20240201')).rejects.toMatchObject({
    driverError: { code: '42501' },
  });
});
