import { type DataSource, newId, query } from '@hivesync/database';
import { testDatabase } from '@hivesync/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { database } from '../src/database/data-source.ts';

let app: DataSource;

beforeAll(async () => {
  const server = await testDatabase();
  app = await server.dataSource(database);
});

describe('a preview job', () => {
  const [project, user] = [newId(), newId()];
  beforeAll(async () => {
    await query(app, 'insert into project_refs (id) values ($1)', [project]);
    await query(app, 'insert into user_refs (id) values ($1)', [user]);
  });

  const write = (columns: Record<string, unknown>) => {
    const row = {
      id: newId(),
      project_id: project,
      requested_by: user,
      tier: 'free',
      device_type: 'iphone',
      ...columns,
    };
    return query<object>(
      app,
      `insert into preview_jobs (${Object.keys(row).join(', ')})
       values (${Object.keys(row)
         .map((_, index) => `$${index + 1}`)
         .join(', ')})`,
      Object.values(row),
    );
  };

  test('is queued unless told', async () => {
    const id = newId();
    await write({ id });
    expect(
      await query<object>(app, 'select status, completed_at from preview_jobs where id = $1', [id]),
    ).toEqual([{ status: 'queued', completed_at: null }]);
  });

  test.each([
    ['finished without a time', { status: 'succeeded' }, '23514'],
    ['unfinished with a time', { status: 'running', completed_at: new Date() }, '23514'],
    [
      'an error of a success',
      { status: 'succeeded', completed_at: new Date(), error_code: 'BUILD_FAILED' },
      '23514',
    ],
    ['an unknown status', { status: 'lost' }, '22P02'],
    ['an unknown device', { device_type: 'fridge' }, '22P02'],
    ['an unknown project', { project_id: newId() }, '23503'],
    ['an unknown worker', { worker_id: newId() }, '23503'],
  ])('is refused with %s', async (_what, columns, code) => {
    await expect(write(columns)).rejects.toMatchObject({ driverError: { code } });
  });

  test('moves updated_at when it changes', async () => {
    const id = newId();
    await write({ id });
    const [row] = await query<{ moved: boolean }>(
      app,
      `update preview_jobs set status = 'running' where id = $1 returning updated_at > created_at as moved`,
      [id],
    );
    expect(row).toEqual({ moved: true });
  });
});
