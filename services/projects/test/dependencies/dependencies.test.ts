import { taskUpdated } from '@hivesync/contracts';
import { query } from '@hivesync/database';
import { expect, test } from 'vitest';
import { expectStatus, refusal, startProjects, unknownTask } from '../support/projects-service.ts';

const service = await startProjects();
const alice = await service.register('Alice');
const project = await service.createProject(alice);
const newTasks = (count: number) =>
  Promise.all(Array.from({ length: count }, async () => (await service.createTask(alice, project)).id));
const edge = (from: string | undefined, to: string | undefined) => `/api/v1/tasks/${from}/dependencies/${to}`;

test('a task waits for another until told otherwise, each once', async () => {
  const [first, second] = await newTasks(2);
  for (let time = 0; time < 2; time += 1) expectStatus(await alice.put(edge(second, first)), 204);
  expect((await alice.get(`/api/v1/tasks/${second}`)).json()).toMatchObject({
    depends_on: [{ id: first, title: 'Fix the login', status: 'open' }],
    version: 2,
  });
  for (let time = 0; time < 2; time += 1) expectStatus(await alice.delete(edge(second, first)), 204);
  expect((await alice.get(`/api/v1/tasks/${second}`)).json()).toMatchObject({ depends_on: [], version: 3 });
  expect(await service.published(taskUpdated, second)).toMatchObject([
    { data: { changed: ['depends_on'] } },
    { data: { changed: ['depends_on'] } },
  ]);
});

test('a cycle of any length is refused', async () => {
  const [a, b, c] = await newTasks(3);
  expectStatus(await alice.put(edge(a, b)), 204);
  expectStatus(await alice.put(edge(b, c)), 204);
  for (const path of [edge(c, a), edge(b, a), edge(a, a)]) {
    expect(refusal(await alice.put(path))).toEqual([409, 'DEPENDENCY_CYCLE']);
  }
  expectStatus(await alice.put(edge(a, c)), 204);
});

test('a task of another project is not to be waited for', async () => {
  const [task] = await newTasks(1);
  const other = await service.createTask(alice, await service.createProject(alice));
  for (const id of [other.id, unknownTask()]) {
    expect(refusal(await alice.put(edge(task, id)))).toEqual([422, 'UNKNOWN_REFERENCE']);
  }
});

test('of two opposite edges at once, one is refused', async () => {
  for (let round = 0; round < 10; round += 1) {
    const [a, b] = await newTasks(2);
    const answers = await Promise.all([alice.put(edge(a, b)), alice.put(edge(b, a))]);
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([204, 409]);
  }
});

test('a ring of edges added at once does not close', async () => {
  const ring = await newTasks(6);
  await Promise.all(ring.map((id, at) => alice.put(edge(id, ring[(at + 1) % ring.length]))));
  const [row] = await query<{ edges: number }>(
    service.dataSource,
    'select count(*)::integer as edges from task_dependencies where task_id = any($1::uuid[])',
    [ring],
  );
  expect(row?.edges).toBe(5);
});
