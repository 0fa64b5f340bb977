import { labelCreated, labelDeleted, taskUpdated } from '@hivesync/contracts';
import { expect, test } from 'vitest';
import { expectStatus, refusal, startProjects } from '../support/projects-service.ts';

const service = await startProjects();
const alice = await service.register('Alice');
const bob = await service.register('Bob');
const project = await service.createProject(alice);
await service.join(alice, project, bob);
const path = `/api/v1/projects/${project}/labels`;

test('any member makes labels, each name once', async () => {
  const answer = expectStatus(await bob.post(path, { name: 'bug', color: '#FF0000' }), 201);
  expect(answer.json()).toMatchObject({ project_id: project, name: 'bug', color: '#ff0000' });
  expect(answer.headers.location).toBe(`${path}/${answer.json().id}`);
  expect(refusal(await alice.post(path, { name: 'bug', color: '#00ff00' }))).toEqual([409, 'NAME_TAKEN']);
  expectStatus(await alice.post(path, { name: 'a11y', color: '#00ff00' }), 201);
  expect((await bob.get(`${path}?include_total=true`)).json()).toMatchObject({
    items: [{ name: 'a11y' }, { name: 'bug' }],
    total: 2,
  });
  expect(await service.published(labelCreated, answer.json().id)).toMatchObject([{ data: { name: 'bug' } }]);
  for (const color of ['red', '#ff', '#gg0000', '#ff00000']) {
    expect(refusal(await alice.post(path, { name: 'x', color }))).toEqual([400, 'VALIDATION_FAILED']);
  }
});

test('a label is put on a task and taken off it, each once', async () => {
  const label = (await alice.post(path, { name: 'ux', color: '#0000ff' })).json();
  const task = await service.createTask(alice, project);
  const link = `/api/v1/tasks/${task.id}/labels/${label.id}`;
  for (let time = 0; time < 2; time += 1) expectStatus(await bob.put(link), 204);
  expect((await bob.get(`/api/v1/tasks/${task.id}`)).json()).toMatchObject({
    labels: [{ id: label.id, name: 'ux', color: '#0000ff' }],
    version: 2,
  });
  for (let time = 0; time < 2; time += 1) expectStatus(await bob.delete(link), 204);
  expect((await bob.get(`/api/v1/tasks/${task.id}`)).json()).toMatchObject({ labels: [], version: 3 });
  expect(await service.published(taskUpdated, task.id)).toMatchObject([
    { version: 2, data: { changed: ['labels'] } },
    { version: 3, data: { changed: ['labels'] } },
  ]);
});

test('a label of another project is not there', async () => {
  const other = await service.createProject(alice);
  const label = (
    await alice.post(`/api/v1/projects/${other}/labels`, { name: 'x', color: '#000000' })
  ).json();
  const task = await service.createTask(alice, project);
  expect(refusal(await alice.put(`/api/v1/tasks/${task.id}/labels/${label.id}`))).toEqual([404, 'NOT_FOUND']);
  expect(refusal(await alice.delete(`${path}/${label.id}`))).toEqual([404, 'NOT_FOUND']);
});

test('a label that is deleted leaves its tasks', async () => {
  const label = (await alice.post(path, { name: 'old', color: '#0000ff' })).json();
  const task = await service.createTask(alice, project);
  await alice.put(`/api/v1/tasks/${task.id}/labels/${label.id}`);
  expectStatus(await bob.delete(`${path}/${label.id}`), 204);
  expect((await bob.get(`/api/v1/tasks/${task.id}`)).json().labels).toEqual([]);
  expect(await service.published(labelDeleted, label.id)).toMatchObject([{ data: { name: 'old' } }]);
});

test('many labels put on one task at once are all there', async () => {
  const task = await service.createTask(alice, project);
  const labels = await Promise.all(
    Array.from({ length: 8 }, async (_, at) =>
      (await alice.post(path, { name: `l${at}`, color: '#000000' })).json(),
    ),
  );
  const answers = await Promise.all(
    labels.map(({ id }) => alice.put(`/api/v1/tasks/${task.id}/labels/${id}`)),
  );
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(labels.map(() => 204));
  expect((await alice.get(`/api/v1/tasks/${task.id}`)).json()).toMatchObject({ version: 9 });
});
