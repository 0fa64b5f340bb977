import { taskAssigned, taskCompleted, taskUpdated } from '@hivesync/contracts';
import { newId } from '@hivesync/database';
import { expect, test } from 'vitest';
import { expectStatus, refusal, startProjects } from '../support/projects-service.ts';

const service = await startProjects();
const alice = await service.register('Alice');
const bob = await service.register('Bob');
const project = await service.createProject(alice);
await service.join(alice, project, bob);
const path = `/api/v1/projects/${project}/tasks/bulk`;

test('changes what can be changed, and says of each why not', async () => {
  const tasks = await Promise.all([1, 2, 3, 4, 5].map(() => service.createTask(alice, project)));
  const [first, second, third, fourth, fifth] = tasks.map(({ id }) => id);
  const elsewhere = await service.createTask(alice, await service.createProject(alice));
  const stranger = await service.register('Mallory');
  const answer = await bob.post(path, {
    updates: [
      { id: first, version: 1, changes: { status: 'done', assignee_id: bob.id } },
      { id: second?.toUpperCase(), changes: { due_date: '2026-01-01' } },
      { id: third, version: 2, changes: { status: 'done' } },
      { id: fourth, changes: { assignee_id: stranger.id } },
      { id: fifth, changes: { status: 'open' } },
      { id: elsewhere.id, changes: { status: 'done' } },
      { id: stranger.id, changes: { status: 'done' } },
    ],
  });
  expect(expectStatus(answer, 200).json().results).toEqual([
    { id: first, updated: true, version: 2, code: null },
    { id: second, updated: true, version: 2, code: null },
    { id: third, updated: false, version: 1, code: 'PRECONDITION_FAILED' },
    { id: fourth, updated: false, version: 1, code: 'NOT_A_MEMBER' },
    { id: fifth, updated: true, version: 1, code: null },
    { id: elsewhere.id, updated: false, version: null, code: 'NOT_FOUND' },
    { id: stranger.id, updated: false, version: null, code: 'NOT_FOUND' },
  ]);
  expect((await alice.get(`/api/v1/tasks/${first}`)).json()).toMatchObject({
    status: 'done',
    assignee: { id: bob.id },
    title: 'Fix the login',
  });
  expect((await alice.get(`/api/v1/tasks/${second}`)).json()).toMatchObject({ due_date: '2026-01-01' });
  expect((await alice.get(`/api/v1/tasks/${elsewhere.id}`)).json()).toMatchObject({ status: 'open' });
  expect(await service.published(taskUpdated, first)).toHaveLength(1);
  expect(await service.published(taskAssigned, first)).toHaveLength(1);
  expect(await service.published(taskCompleted, first)).toHaveLength(1);
  expect(await service.published(taskUpdated, fifth)).toEqual([]);
});

test('takes 200 tasks and no more, each once', async () => {
  const busy = await service.createProject(alice);
  const tasks = await Promise.all(Array.from({ length: 200 }, () => service.createTask(alice, busy)));
  const updates = tasks.map(({ id }) => ({ id, changes: { status: 'done' } }));
  const bulk = (body: object) => alice.post(`/api/v1/projects/${busy}/tasks/bulk`, body);
  const { results } = expectStatus(await bulk({ updates }), 200).json();
  expect(results.filter((result: { updated: boolean }) => result.updated)).toHaveLength(200);
  expect((await alice.get(`/api/v1/projects/${busy}`)).json().open_task_count).toBe(0);
  const oneMore = [...updates, { id: newId(), changes: { status: 'done' } }];
  for (const refused of [[], oneMore, [updates[0], updates[0]], [{ id: newId(), changes: {} }]]) {
    expect(refusal(await bulk({ updates: refused }))).toEqual([400, 'VALIDATION_FAILED']);
  }
});

test('two at once over the same tasks both end', async () => {
  const tasks = await Promise.all(Array.from({ length: 20 }, () => service.createTask(alice, project)));
  const updates = tasks.map(({ id }) => ({ id, changes: { status: 'done' } }));
  const answers = await Promise.all([
    alice.post(path, { updates }),
    bob.post(path, { updates: updates.toReversed() }),
  ]);
  for (const answer of answers) expectStatus(answer, 200);
});
