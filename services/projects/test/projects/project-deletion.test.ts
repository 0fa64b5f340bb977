import { setTimeout as sleep } from 'node:timers/promises';
import { type ProjectId, projectDeleted } from '@hivesync/contracts';
import {
  applyReferenceDeleted,
  newId,
  query,
  requestSweep,
  rowsDepartingWith,
  sweepOnce,
  transaction,
} from '@hivesync/database';
import { type Caller, meanwhile, openTransaction } from '@hivesync/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { database } from '../../src/database/data-source.ts';
import { sweepOwnedProjects } from '../../src/projects/project-deletion.service.ts';
import { refusal, startProjects } from '../support/projects-service.ts';

const service = await startProjects();
const patience = { timeout: 20_000, interval: 50 };
const remove = (caller: Caller, project: ProjectId, confirm: string) =>
  caller.post(`/api/v1/projects/${project}/deletion`, { confirm });
const alice = await service.register('Alice');
const bob = await service.register('Bob');
const carol = await service.register('Carol');
const { dataSource } = service;

/** A project with a row in every table that a project can have rows in. */
async function filledProject(name: string, owner = alice): Promise<ProjectId> {
  const project = await service.createProject(owner, name);
  await service.join(owner, project, bob);
  const path = `/api/v1/projects/${project}`;
  await owner.post(`${path}/invitations`, { email: `${name.toLowerCase()}@example.com` });
  await owner.post(`${path}/invitations`, { email: carol.email });
  await owner.put(`${path}/favorite`);
  await owner.post(`${path}/tags`, { name: 'tag', color: '#ff0000' });
  const label = (await owner.post(`${path}/labels`, { name: 'label', color: '#00ff00' })).json<{
    id: string;
  }>();
  const first = await service.createTask(owner, project, { assignee_id: bob.id });
  const second = await service.createTask(bob, project);
  await owner.put(`/api/v1/tasks/${first.id}/labels/${label.id}`);
  await owner.put(`/api/v1/tasks/${second.id}/dependencies/${first.id}`);
  await owner.post(`/api/v1/tasks/${first.id}/attachments`, { external_url: 'https://example.com/a.png' });
  const about = { entity_type: 'task', entity_id: first.id };
  const comment = (await bob.post(`${path}/comments`, { ...about, body: 'First' })).json<{ id: string }>();
  await owner.post(`${path}/comments`, { ...about, body: 'Reply', parent_id: comment.id });
  const endpoint = newId();
  await query(
    dataSource,
    `insert into webhook_endpoints (id, project_id, url, event_types, secret_encrypted, created_by)
     values ($1, $2, 'https://example.com/hook', '{*}', '\\x00', $3)`,
    [endpoint, project, owner.id],
  );
  await query(
    dataSource,
    `insert into webhook_deliveries (id, endpoint_id, event_id, event_type, payload_json)
     values ($1, $2, $1, 'projects.task.created', '{}')`,
    [newId(), endpoint],
  );
  return project;
}

/** Rows of a project, by table. */
async function rowsOf(project: ProjectId): Promise<Record<string, number>> {
  const [row] = await query<{ counts: Record<string, number> }>(
    dataSource,
    `select json_build_object(
       'projects', (select count(*) from projects where id = $1),
       'comments', (select count(*) from comments where project_id = $1),
       'tasks', (select count(*) from tasks where project_id = $1),
       'task_labels', (select count(*) from task_labels where project_id = $1),
       'task_label_links', (select count(*) from task_label_links where project_id = $1),
       'task_dependencies', (select count(*) from task_dependencies where project_id = $1),
       'project_tags', (select count(*) from project_tags where project_id = $1),
       'project_favorites', (select count(*) from project_favorites where project_id = $1),
       'team_invitations', (select count(*) from team_invitations where project_id = $1),
       'webhook_endpoints', (select count(*) from webhook_endpoints where project_id = $1),
       'team_members', (select count(*) from team_members where project_id = $1)
     ) as counts`,
    [project],
  );
  return Object.fromEntries(Object.entries(row!.counts).filter(([, count]) => count > 0));
}

const everything = {
  comments: 2,
  task_attachments: 1,
  task_dependencies: 1,
  task_label_links: 1,
  tasks: 2,
  task_labels: 1,
  project_tags: 1,
  project_favorites: 1,
  team_invitations: 2,
  webhook_deliveries: 1,
  webhook_endpoints: 1,
  team_members: 2,
  projects: 1,
};

/** What has been removed of the project so far, and whether that was all. The service's own sweeper may be at it too. */
async function swept(project: ProjectId) {
  await sweepOnce(dataSource, database).catch(() => undefined);
  const [sweep] = await query<{ removed: Record<string, number>; done: boolean }>(
    dataSource,
    `select removed, completed_at is not null as done
       from reference_sweeps
      where aggregate = 'projects.project'
        and subject = $1`,
    [project],
  );
  return sweep;
}

test('only its owner deletes a project, and only by its name', async () => {
  const project = await filledProject('Named');
  const path = `/api/v1/projects/${project}`;
  expect(refusal(await remove(carol, project, 'Named'))).toEqual([404, 'NOT_FOUND']);
  expect(refusal(await remove(bob, project, 'Named'))).toEqual([403, 'OWNER_ONLY']);
  expect(refusal(await remove(alice, project, 'named'))).toEqual([422, 'UNPROCESSABLE']);
  expect((await alice.post(`${path}/deletion`)).statusCode).toBe(400);
  expect(refusal(await alice.delete(path))).toEqual([405, 'METHOD_NOT_ALLOWED']);
  const stale = { headers: { 'if-match': '"2"' } };
  expect(refusal(await alice.post(`${path}/deletion`, { confirm: 'Named' }, stale))).toEqual([
    412,
    'PRECONDITION_FAILED',
  ]);
  expect(await service.published(projectDeleted, project)).toEqual([]);
  expect((await alice.get(path)).statusCode).toBe(200);
});

describe('a deleted project', () => {
  let project: ProjectId;
  let task: string;
  let comment: string;
  let invitation: string;
  beforeAll(async () => {
    project = await filledProject('Vanishing');
    [task, comment, invitation] = (await Promise.all(
      [
        `select id from tasks where project_id = $1 and number = 1`,
        `select id from comments where project_id = $1 and parent_id is null`,
        `select id from team_invitations where project_id = $1 and user_id is not null`,
      ].map(async (sql) => (await query<{ id: string }>(dataSource, sql, [project]))[0]!.id),
    )) as [string, string, string];
    // The rows stay until they are swept, and nobody gets at the first of them. A lock on rows would hold back
    // the feeds of all other tests as well.
    held = dataSource.createQueryRunner();
    await held.startTransaction();
    await held.query('lock table comments in share mode');
    const answer = await remove(alice, project, 'Vanishing');
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({ id: project, state: 'deleting' });
  });
  let held: ReturnType<typeof dataSource.createQueryRunner>;
  afterAll(async () => {
    await held.rollbackTransaction();
    await held.release();
  });

  test('is told once, with the version after it', async () => {
    expect(await service.published(projectDeleted, project)).toMatchObject([
      { version: 2, actor_id: alice.id, data: {} },
    ]);
  });

  test.each([
    ['GET', () => `/api/v1/projects/${project}`],
    ['GET', () => `/api/v1/projects/${project}/members`],
    ['GET', () => `/api/v1/projects/${project}/tasks`],
    ['GET', () => `/api/v1/projects/${project}/comments`],
    ['GET', () => `/api/v1/projects/${project}/tags`],
    ['GET', () => `/api/v1/projects/${project}/labels`],
    ['GET', () => `/api/v1/projects/${project}/invitations`],
    ['GET', () => `/api/v1/tasks/${task}`],
    ['GET', () => `/api/v1/comments/${comment}`],
    ['DELETE', () => `/api/v1/tasks/${task}`],
    ['DELETE', () => `/api/v1/comments/${comment}`],
    ['PUT', () => `/api/v1/projects/${project}/favorite`],
  ] as const)('is not there for %s %#', async (method, path) => {
    const call = { GET: alice.get, DELETE: alice.delete, PUT: alice.put }[method];
    expect(refusal(await call(path()))).toEqual([404, 'NOT_FOUND']);
  });

  test('takes no task, no comment, no member and no second deletion', async () => {
    const path = `/api/v1/projects/${project}`;
    expect((await alice.post(`${path}/tasks`, { title: 'Late' })).statusCode).toBe(404);
    const late = { entity_type: 'project', entity_id: project, body: 'Late' };
    expect((await bob.post(`${path}/comments`, late)).statusCode).toBe(404);
    expect((await carol.post(`/api/v1/invitations/${invitation}/accept`)).statusCode).toBe(404);
    expect((await remove(alice, project, 'Vanishing')).statusCode).toBe(404);
  });

  test('is in no list, no search, and not resolved', async () => {
    const ids = async (path: string) =>
      (await alice.get(path)).json<{ items: { id: string }[] }>().items.map(({ id }) => id);
    expect(await ids('/api/v1/projects')).not.toContain(project);
    expect(await ids('/api/v1/search?q=vanishing')).toEqual([]);
    expect((await carol.get('/api/v1/invitations')).json<{ items: object[] }>().items).not.toContainEqual(
      expect.objectContaining({ id: invitation }),
    );
  });
});

test('everything of it is removed, and counted', async () => {
  const project = await filledProject('Swept');
  const other = await filledProject('Staying');
  const before = await rowsOf(other);
  await remove(alice, project, 'Swept');
  await expect.poll(() => swept(project), patience).toEqual({ removed: everything, done: true });
  expect(await rowsOf(project)).toEqual({});
  expect(await rowsOf(other)).toEqual(before);
});

test('batches are small, and a removal that stops between two of them goes on', async () => {
  const project = await filledProject('Resumed');
  // Asked for by nobody's request, so that the service's own sweeper cannot be faster than the test.
  await query(dataSource, 'update projects set deleted_at = now() where id = $1', [project]);
  const batch = () =>
    transaction(
      dataSource,
      (tx) => database.sweeps?.['projects.project']?.(tx, project, 1) ?? Promise.reject(),
    );
  for (let at = 0; at < 3; at += 1) expect(Object.values(await batch())).toEqual([1]);
  expect((await rowsOf(project)).comments).toBeUndefined();

  await transaction(dataSource, (tx) => requestSweep(tx, 'projects.project', project, 2));
  await expect.poll(async () => (await swept(project))?.done, patience).toBe(true);
  expect(await rowsOf(project)).toEqual({});
});

test('a comment written while the project goes does not survive it', async () => {
  const project = await filledProject('Raced');
  const writer = await openTransaction(dataSource);
  await query(
    writer.tx,
    `insert into comments (id, project_id, entity_type, entity_id, author_id, body)
     values ($1, $2, 'project', $2, $3, 'Just in time')`,
    [newId(), project, bob.id],
  );
  await remove(alice, project, 'Raced');
  // The writer holds the project: everything before it goes, and the last step waits.
  const sweeping = meanwhile(async (ending) => {
    while (!ending.aborted && !(await swept(project))?.done) await sleep(50);
  });
  await expect.poll(async () => (await rowsOf(project)).team_members, patience).toBeUndefined();
  await writer.commit();
  await sweeping.outcome;
  expect(await rowsOf(project)).toEqual({});
});

test('the projects of a deleted owner go in batches of their sweep, which counts them', async () => {
  const dora = await service.register('Dora');
  const project = await service.createProject(dora, 'Owned');
  for (let at = 0; at < 3; at += 1) await service.createTask(dora, project);
  const total: Record<string, number> = {};
  for (;;) {
    const removed = await transaction(dataSource, (tx) => sweepOwnedProjects(tx, dora.id, 2));
    if (Object.keys(removed).length === 0) break;
    for (const [table, count] of Object.entries(removed)) total[table] = (total[table] ?? 0) + count;
    expect(Math.max(...Object.values(removed))).toBeLessThanOrEqual(2);
  }
  expect(total).toEqual({ tasks: 3, team_members: 1, projects: 1 });
  expect(await service.published(projectDeleted, project)).toMatchObject([{ actor_id: dora.id }]);
});

test('the rows that a deletion of a user removes or changes can be told before it', async () => {
  const dave = await service.register('Dave');
  await filledProject('Departing', dave);
  const shared = await service.createProject(alice, 'Shared');
  await service.join(alice, shared, dave);
  const task = await service.createTask(alice, shared, { assignee_id: dave.id });
  await dave.post(`/api/v1/projects/${shared}/comments`, {
    entity_type: 'task',
    entity_id: task.id,
    body: 'It stays, with a deleted author',
  });

  const told = new Map<string, unknown>();
  for await (const { table, row } of rowsDepartingWith(dataSource, database, 'identity.user', [dave.id])) {
    expect(told.has(JSON.stringify([table, row]))).toBe(false);
    told.set(JSON.stringify([table, row]), row);
  }
  const before = await everyRow();
  await transaction(dataSource, (tx) => applyReferenceDeleted(tx, database, 'identity.user', dave.id, 2));
  await expect
    .poll(async () => {
      await sweepOnce(dataSource, database).catch(() => undefined);
      return query(
        dataSource,
        'select from reference_sweeps where subject = $1 and completed_at is not null',
        [dave.id],
      );
    }, patience)
    .toHaveLength(1);
  const after = await everyRow();
  const departed = [...before].filter((row) => !after.has(row));
  expect(departed.length).toBeGreaterThan(15);
  expect(departed.filter((row) => !told.has(row))).toEqual([]);
});

/** What stands in the tables of this service's own, each row as `rowsDepartingWith` tells it. */
async function everyRow(): Promise<Set<string>> {
  const rows: string[] = [];
  for (const { tableName: table } of dataSource.entityMetadatas) {
    const found = await query<{ row: unknown }>(
      dataSource,
      `select to_jsonb(held) as row from "${table}" as held`,
    );
    rows.push(...found.map(({ row }) => JSON.stringify([table, row])));
  }
  return new Set(rows);
}
