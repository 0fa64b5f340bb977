import { taskAssigned, taskCompleted, taskCreated, taskDeleted, taskUpdated } from '@hivesync/contracts';
import { newId, query } from '@hivesync/database';
import { describe, expect, test } from 'vitest';
import { expectStatus, refusal, startProjects, tagOf, unknownTask } from '../support/projects-service.ts';

const service = await startProjects();
const alice = await service.register('Alice');
const bob = await service.register('Bob');
const project = await service.createProject(alice);
await service.join(alice, project, bob);
const stranger = await service.register('Mallory');
const version = (number: number) => ({ headers: { 'if-match': `"${number}"` } });

describe('making a task', () => {
  test('answers with it, numbered, and tells of it and of its assignee', async () => {
    const answer = await alice.post(`/api/v1/projects/${project}/tasks`, {
      title: 'Fix the login',
      description: 'It hangs',
      assignee_id: bob.id,
      due_date: '2026-02-28',
    });
    const task = expectStatus(answer, 201).json();
    expect(task).toMatchObject({
      project_id: project,
      title: 'Fix the login',
      description: 'It hangs',
      status: 'open',
      assignee: { id: bob.id, display_name: 'Bob', avatar_url: null },
      due_date: '2026-02-28',
      labels: [],
      depends_on: [],
      created_by: alice.id,
      version: 1,
    });
    expect(answer.headers).toMatchObject({ location: `/api/v1/tasks/${task.id}`, etag: tagOf(1) });
    const told = { project_id: project, number: task.number, title: 'Fix the login', assignee_id: bob.id };
    expect(await service.published(taskCreated, task.id)).toMatchObject([
      { version: 1, data: { ...told, created_by: alice.id }, actor_id: alice.id },
    ]);
    expect(await service.published(taskAssigned, task.id)).toMatchObject([{ version: 1, data: told }]);
  });

  test('100 at once gives the numbers 1 to 100, once each', async () => {
    const busy = await service.createProject(alice);
    const tasks = await Promise.all(Array.from({ length: 100 }, () => service.createTask(alice, busy)));
    expect(tasks.map(({ number }) => number).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, at) => at + 1),
    );
  });

  test('that fails takes no number', async () => {
    const own = await service.createProject(alice);
    await service.createTask(alice, own);
    const refused = await alice.post(`/api/v1/projects/${own}/tasks`, { title: 'x', assignee_id: bob.id });
    expect(refusal(refused)).toEqual([422, 'NOT_A_MEMBER']);
    expect(refused.json().errors).toEqual([
      { path: 'body/assignee_id', message: 'is not a member of the project' },
    ]);
    expect((await service.createTask(alice, own)).number).toBe(2);
  });

  test('is replayed by its Idempotency-Key, also when two try at once', async () => {
    const headers = { 'idempotency-key': newId() };
    const path = `/api/v1/projects/${project}/tasks`;
    const answers = await Promise.all([1, 2, 3].map(() => alice.post(path, { title: 'Once' }, { headers })));
    for (const answer of answers) if (answer.statusCode !== 201) expect(answer.statusCode).toBe(409);
    const ids = answers.filter(({ statusCode }) => statusCode === 201).map((answer) => answer.json().id);
    const again = expectStatus(await alice.post(path, { title: 'Once' }, { headers }), 201).json();
    expect(new Set([...ids, again.id]).size).toBe(1);
    expect(await service.published(taskCreated, again.id)).toHaveLength(1);
  });

  test.each([
    [{ title: '' }, 'body/title'],
    [{ title: 'x'.repeat(501) }, 'body/title'],
    [{ title: 'x', status: 'closed' }, 'body/status'],
    [{ title: 'x', due_date: '2026-02-29' }, 'body/due_date'],
    [{ title: 'x', due_date: '0000-01-01' }, 'body/due_date'],
    [{ title: 'x', assignee_id: 'bob' }, 'body/assignee_id'],
    [{ title: 'x', number: 7 }, 'body/number'],
  ])('refuses %j', async (body, path) => {
    const answer = await alice.post(`/api/v1/projects/${project}/tasks`, body);
    expect(refusal(answer)).toEqual([400, 'VALIDATION_FAILED']);
    expect(answer.json().errors).toContainEqual(expect.objectContaining({ path }));
  });
});

describe('a task', () => {
  test('changes for every member, if nobody changed it meanwhile', async () => {
    const { id } = await service.createTask(alice, project);
    const path = `/api/v1/tasks/${id}`;
    expect(refusal(await bob.patch(path, { title: 'New' }))).toEqual([428, 'IF_MATCH_REQUIRED']);
    expect(refusal(await bob.patch(path, { title: 'New' }, { headers: { 'if-match': '1' } }))).toEqual([
      400,
      'MALFORMED_IF_MATCH',
    ]);
    const changed = expectStatus(
      await bob.patch(path, { title: 'New', assignee_id: bob.id.toUpperCase(), due_date: null }, version(1)),
      200,
    );
    expect(changed.json()).toMatchObject({ title: 'New', assignee: { id: bob.id }, version: 2 });
    expect(changed.headers.etag).toEqual(tagOf(2));
    const stale = await bob.patch(path, { title: 'Newer' }, version(1));
    expect(refusal(stale)).toEqual([412, 'PRECONDITION_FAILED']);
    expect(stale.headers.etag).toBe('"2"');
    expect(await service.published(taskUpdated, id)).toMatchObject([
      { version: 2, data: { title: 'New', changed: ['title', 'assignee_id'] }, actor_id: bob.id },
    ]);
    expect(await service.published(taskAssigned, id)).toMatchObject([
      { version: 2, data: { assignee_id: bob.id } },
    ]);
  });

  test('stays as it is when set to what it is', async () => {
    const { id } = await service.createTask(alice, project, { assignee_id: bob.id });
    const same = await alice.patch(
      `/api/v1/tasks/${id}`,
      { title: 'Fix the login', assignee_id: bob.id.toUpperCase(), status: 'open' },
      version(1),
    );
    expect(expectStatus(same, 200).json().version).toBe(1);
    expect(await service.published(taskUpdated, id)).toEqual([]);
  });

  test('tells once that it is done', async () => {
    const { id } = await service.createTask(bob, project);
    await alice.patch(`/api/v1/tasks/${id}`, { status: 'done' }, version(1));
    await alice.patch(`/api/v1/tasks/${id}`, { title: 'Done' }, version(2));
    expect(await service.published(taskCompleted, id)).toMatchObject([
      { version: 2, data: { status: 'done', created_by: bob.id }, actor_id: alice.id },
    ]);
  });

  test('takes no assignee from outside', async () => {
    const { id } = await service.createTask(alice, project);
    const path = `/api/v1/tasks/${id}`;
    for (const outside of [stranger.id, newId()]) {
      expect(refusal(await alice.patch(path, { assignee_id: outside }, version(1)))).toEqual([
        422,
        'NOT_A_MEMBER',
      ]);
    }
    expect((await alice.get(path)).json()).toMatchObject({ assignee: null, version: 1 });
  });

  test('is not there for others', async () => {
    const { id } = await service.createTask(alice, project);
    const label = (
      await alice.post(`/api/v1/projects/${project}/labels`, { name: newId(), color: '#000000' })
    ).json();
    const path = `/api/v1/tasks/${id}`;
    for (const answer of [
      await stranger.get(path),
      await stranger.patch(path, { title: 'x' }, version(1)),
      await stranger.delete(path),
      await stranger.put(`${path}/labels/${label.id}`),
      await stranger.delete(`${path}/labels/${label.id}`),
      await stranger.put(`${path}/dependencies/${newId()}`),
      await stranger.delete(`${path}/dependencies/${newId()}`),
      await stranger.get(`${path}/attachments`),
      await stranger.post(`${path}/attachments`, { external_url: 'https://example.com' }),
      await stranger.delete(`${path}/attachments/${newId()}`),
      await alice.get(`/api/v1/tasks/${unknownTask()}`),
    ]) {
      expect(refusal(answer)).toEqual([404, 'NOT_FOUND']);
    }
    expect((await alice.get(path)).json()).toMatchObject({ version: 1, title: 'Fix the login' });
  });

  test('goes with all that hangs on it', async () => {
    const [first, second] = [
      await service.createTask(alice, project),
      await service.createTask(alice, project),
    ];
    await alice.put(`/api/v1/tasks/${first.id}/dependencies/${second.id}`);
    await alice.post(`/api/v1/tasks/${second.id}/attachments`, { external_url: 'https://example.com' });
    await alice.post(`/api/v1/projects/${project}/comments`, {
      entity_type: 'task',
      entity_id: second.id,
      body: 'Gone soon',
    });
    expectStatus(await bob.delete(`/api/v1/tasks/${second.id}`), 204);
    expect(refusal(await bob.delete(`/api/v1/tasks/${second.id}`))).toEqual([404, 'NOT_FOUND']);
    expect((await alice.get(`/api/v1/tasks/${first.id}`)).json().depends_on).toEqual([]);
    expect(await service.published(taskDeleted, second.id)).toMatchObject([{ actor_id: bob.id }]);
    const left = await query(
      service.dataSource,
      `select id from comments where entity_id = $1
       union all
       select id from task_attachments where task_id = $1`,
      [second.id],
    );
    expect(left).toEqual([]);
  });
});
