import { type DataSource, dropExpiredPartitions, ensurePartitions, newId, query } from '@hivesync/database';
import { testDatabase } from '@hivesync/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { database } from '../src/database/data-source.ts';

const day = 86_400_000;
const heartbeats = { table: 'worker_heartbeats' };

let app: DataSource;
let owner: DataSource;

beforeAll(async () => {
  const server = await testDatabase();
  app = await server.dataSource(database);
  owner = await server.dataSource(database, { as: 'owner' });
});

test('a node keeps a hash of its token, never with half of what belongs to it', async () => {
  const write = (columns: Record<string, unknown>) =>
    query<object>(
      app,
      `insert into worker_nodes (id, name, type, token_sha256, token_expires_at)
       values ($1, 'gpu-1', 'gpu', $2, $3)`,
      [newId(), columns.token ?? null, columns.expires ?? null],
    );
  await write({});
  await write({ token: Buffer.alloc(32, 1), expires: new Date() });
  for (const half of [{ token: Buffer.alloc(32, 2) }, { expires: new Date() }]) {
    await expect(write(half)).rejects.toMatchObject({ driverError: { code: '23514' } });
  }
  await expect(write({ token: Buffer.from('plain'), expires: new Date() })).rejects.toMatchObject({
    driverError: { code: '23514' },
  });
});

describe('heartbeats', () => {
  const node = newId();
  beforeAll(() =>
    query(app, `insert into worker_nodes (id, name, type) values ($1, 'cpu-1', 'cpu')`, [node]),
  );

  const beat = (at: Date) =>
    query<object>(
      app,
      `insert into worker_heartbeats (id, node_id, "timestamp", metrics_json) values ($1, $2, $3, '{"cpu": 0.5}')`,
      [newId(), node, at],
    );
  const partitions = async () =>
    (
      await query<{ name: string }>(
        owner,
        `select inhrelid::regclass::text as name
         from pg_inherits
         where inhparent = 'worker_heartbeats'::regclass
         order by name`,
      )
    ).map(({ name }) => name);
  const nameOf = (at: Date) => `worker_heartbeats_p${at.toISOString().slice(0, 10).replaceAll('-', '')}`;

  test('have a partition for today and for each of the 7 days ahead', async () => {
    const today = Date.now();
    expect(await partitions()).toEqual(
      Array.from({ length: 8 }, (_, ahead) => nameOf(new Date(today + ahead * day))),
    );
    await beat(new Date());
    await beat(new Date(today + 6 * day));
    await expect(beat(new Date(today + 9 * day))).rejects.toMatchObject({ driverError: { code: '23514' } });
  });

  test('get further partitions from the app role, which makes no table itself', async () => {
    const later = new Date(Date.now() + 9 * day);
    expect(await ensurePartitions(app, heartbeats, later)).toBeGreaterThan(0);
    expect(await ensurePartitions(app, heartbeats, later)).toBe(0);
    await beat(later);
    await expect(query(app, 'create table mine (id integer)')).rejects.toMatchObject({
      driverError: { code: '42501' },
    });
  });

  test('lose whole days after 14 of them, and no sooner', async () => {
    const [expired, kept] = [new Date(Date.now() - 16 * day), new Date(Date.now() - 13 * day)];
    await ensurePartitions(app, heartbeats, expired);
    await beat(expired);
    await beat(kept);
    const dropped = await dropExpiredPartitions(app, heartbeats);
    expect(dropped).toContain(nameOf(expired));
    expect(dropped).not.toContain(nameOf(kept));
    const rows = await query<{ at: Date }>(
      app,
      'select "timestamp" as at from worker_heartbeats where "timestamp" < now() - interval \'1 day\'',
    );
    expect(rows).toEqual([{ at: kept }]);
  });

  test('go with their node', async () => {
    const other = newId();
    await query(app, `insert into worker_nodes (id, name, type) values ($1, 'cpu-2', 'cpu')`, [other]);
    await query(app, `insert into worker_heartbeats (id, node_id, metrics_json) values ($1, $2, '{}')`, [
      newId(),
      other,
    ]);
    await query(app, 'delete from worker_nodes where id = $1', [other]);
    expect(await query<object>(app, 'select id from worker_heartbeats where node_id = $1', [other])).toEqual(
      [],
    );
  });

  test('of a node are found by index', async () => {
    const plan = await app.transaction(async (tx) => {
      await query(tx, 'set local enable_seqscan = off');
      return query<{ 'QUERY PLAN': string }>(
        tx,
        `explain select * from worker_heartbeats where node_id = '${node}' and "timestamp" > now() - interval '1 hour'`,
      );
    });
    expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toMatch(/Index.*node_id_timestamp_idx/);
  });
});
