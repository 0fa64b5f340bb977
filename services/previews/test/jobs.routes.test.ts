import type { ProjectId } from '@hivesync/contracts';
import { type DataSource, newId, query } from '@hivesync/database';
import { type Caller, type TestUser, testUser } from '@hivesync/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { startPreviews } from './service.ts';

const project = newId<ProjectId>();
const empty = newId<ProjectId>();
const alice = testUser();
const bob = testUser();

let service: Awaited<ReturnType<typeof startPreviews>>;
let dataSource: DataSource;
let member: Caller;

async function writeUser(user: TestUser, name: string | null): Promise<void> {
  await query(dataSource, 'insert into user_refs (id, display_name) values ($1, $2)', [user.id, name]);
}

async function writeProject(id: ProjectId): Promise<void> {
  await query(dataSource, `insert into project_refs (id, name) values ($1, 'Hive')`, [id]);
  await query(
    dataSource,
    `insert into project_members (id, project_id, user_id, role) values ($1, $2, $3, 'owner')`,
    [newId(), id, alice.id],
  );
}

/** Ten jobs of each kind: five pairs of one microsecond, so that the id has to order them too. */
const writeJobs = `
  select ordinal,
         case when ordinal % 2 = 0 then 'queued' else 'running' end as status,
         timestamptz '2026-01-02 03:04:05.000001Z' + (ordinal / 2) * interval '1 microsecond' as created_at
  from generate_series(0, 9) as ordinal`;

beforeAll(async () => {
  service = await startPreviews();
  ({ dataSource } = service);
  await writeUser(alice, 'Alice');
  await writeProject(project);
  await writeProject(empty);
  await query(
    dataSource,
    `insert into preview_jobs (id, project_id, requested_by, tier, status, device_type, created_at)
     select gen_random_uuid(), $1, $2, 'pro', status::job_status, 'ipad', created_at from (${writeJobs}) as jobs`,
    [project, alice.id],
  );
  await query(
    dataSource,
    `insert into ai_doc_jobs (id, project_id, requester_id, tier, status, file_path, created_at)
     select gen_random_uuid(), $1, $2, 'free', status::job_status, 'src/app.ts', created_at from (${writeJobs}) as jobs`,
    [project, alice.id],
  );
  member = service.as(alice);
});

const pathOf = (list: string, id: string = project) => `/api/v1/projects/${id}/${list}`;

describe.each([
  ['previews', 'preview_jobs'],
  ['ai-docs', 'ai_doc_jobs'],
])('GET /api/v1/projects/{project_id}/%s', (list, table) => {
  test('is refused without a token, and with a wrong one', async () => {
    const stranger = await service.asStranger().get(pathOf(list));
    expect(stranger.statusCode).toBe(401);
    expect(stranger.json()).toMatchObject({ code: 'UNAUTHENTICATED' });
    const forger = await service.as(alice, { forged: true }).get(pathOf(list));
    expect(forger.json()).toMatchObject({ status: 401, code: 'TOKEN_INVALID' });
    const another = await service.asService('projects').get(pathOf(list));
    expect(another.statusCode).toBe(401);
  });

  test('does not tell who is no member whether there is such a project', async () => {
    const [closed, unknown] = [
      await service.as(bob).get(pathOf(list)),
      await service.as(bob).get(pathOf(list, newId())),
    ];
    expect(closed.statusCode).toBe(404);
    const { instance: _i, request_id: _r, ...problem } = closed.json();
    expect(unknown.json()).toMatchObject(problem);
  });

  test('is empty for a member of a project without jobs', async () => {
    const answer = await member.get(pathOf(list, empty));
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ items: [], next_cursor: null });
  });

  test('pages through all jobs, newest first, each once', async () => {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const answer = await member.get(pathOf(list), { query: { limit: '3', ...(cursor && { cursor }) } });
      expect(answer.statusCode).toBe(200);
      ids.push(...answer.json().items.map(({ id }: { id: string }) => id));
      cursor = answer.json().next_cursor;
    } while (cursor);
    const rows = await query<{ id: string }>(
      dataSource,
      `select id from ${table} where project_id = $1 order by created_at desc, id desc`,
      [project],
    );
    expect(ids).toEqual(rows.map(({ id }) => id));
    expect(ids).toHaveLength(10);
  });

  test('filters by status and counts when asked', async () => {
    const answer = await member.get(pathOf(list), {
      query: { status: 'queued', limit: '2', include_total: 'true' },
    });
    expect(answer.json()).toMatchObject({
      items: [{ status: 'queued' }, { status: 'queued' }],
      total: 5,
      next_cursor: expect.any(String),
    });
  });

  test('takes a cursor only for the filter and person that it was given for', async () => {
    const query: Record<string, string> = { limit: '2', status: 'queued' };
    const { next_cursor: cursor } = (await member.get(pathOf(list), { query })).json();
    expect((await member.get(pathOf(list), { query: { ...query, cursor } })).statusCode).toBe(200);
    const foreign: Record<string, string>[] = [
      { limit: '2', cursor },
      { limit: '2', status: 'running', cursor },
      { ...query, cursor: `${cursor}A` },
    ];
    for (const wrong of foreign) {
      const answer = await member.get(pathOf(list), { query: wrong });
      expect(answer.json()).toMatchObject({ status: 400, code: 'MALFORMED_CURSOR' });
    }
  });

  test.each([
    [{ status: 'lost' }, 'query/status'],
    [{ limit: '0' }, 'query/limit'],
    [{ limit: '201' }, 'query/limit'],
    [{ color: 'red' }, 'query/color'],
  ])('refuses %j', async (query, path) => {
    const answer = await member.get(pathOf(list), { query });
    expect(answer.json()).toMatchObject({ status: 400, code: 'VALIDATION_FAILED', errors: [{ path }] });
  });

  test('refuses an id that is none', async () => {
    const answer = await member.get(pathOf(list, 'hive'));
    expect(answer.json()).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
  });
});

test('a preview job is shown whole, with the name of its requester', async () => {
  const answer = await member.get(pathOf('previews'), { query: { limit: '1', status: 'running' } });
  expect(answer.json().items).toEqual([
    {
      id: expect.any(String),
      project_id: project,
      requested_by: alice.id,
      requested_by_name: 'Alice',
      tier: 'pro',
      status: 'running',
      device_type: 'ipad',
      worker_id: null,
      error_code: null,
      created_at: '2026-01-02T03:04:05.000Z',
      completed_at: null,
    },
  ]);
});

test('a documentation job is shown whole, with the name of its requester', async () => {
  const answer = await member.get(pathOf('ai-docs'), { query: { limit: '1', status: 'running' } });
  expect(answer.json().items).toEqual([
    {
      id: expect.any(String),
      project_id: project,
      file_path: 'src/app.ts',
      requester_id: alice.id,
      requester_name: 'Alice',
      tier: 'free',
      status: 'running',
      created_at: '2026-01-02T03:04:05.000Z',
      completed_at: null,
    },
  ]);
});

test('the newest page of a project is read from an index', async () => {
  const plan = await dataSource.transaction(async (tx) => {
    await query(tx, 'set local enable_seqscan = off; set local enable_bitmapscan = off');
    return query<{ 'QUERY PLAN': string }>(
      tx,
      `explain select * from preview_jobs where project_id = '${project}' order by created_at desc, id desc limit 51`,
    );
  });
  const text = plan.map((line) => line['QUERY PLAN']).join('\n');
  expect(text).toContain('preview_jobs_project_id_created_at_id_idx');
  expect(text).not.toContain('Sort');
});
