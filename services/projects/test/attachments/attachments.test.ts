import { taskUpdated } from '@hivesync/contracts';
import { newId } from '@hivesync/database';
import { expect, test } from 'vitest';
import { expectStatus, refusal, startProjects } from '../support/projects-service.ts';

const service = await startProjects();
const alice = await service.register('Alice');
const project = await service.createProject(alice);
const task = await service.createTask(alice, project);
const path = `/api/v1/tasks/${task.id}/attachments`;

test('links are attached, listed and taken off', async () => {
  const [first, second] = [
    expectStatus(
      await alice.post(path, { external_url: 'https://example.com/a.png', name: 'Mock' }),
      201,
    ).json(),
    expectStatus(await alice.post(path, { external_url: 'https://example.com/b?x=@1' }), 201).json(),
  ];
  expect(first).toMatchObject({
    name: 'Mock',
    external_url: 'https://example.com/a.png',
    uploaded_by: alice.id,
  });
  expect((await alice.get(`${path}?include_total=true`)).json()).toMatchObject({
    items: [{ id: first.id }, { id: second.id }],
    total: 2,
  });
  expectStatus(await alice.delete(`${path}/${first.id}`), 204);
  expect(refusal(await alice.delete(`${path}/${first.id}`))).toEqual([404, 'NOT_FOUND']);
  expect((await alice.get(path)).json().items).toMatchObject([{ id: second.id }]);
  expect((await alice.get(`/api/v1/tasks/${task.id}`)).json().version).toBe(4);
  expect((await service.published(taskUpdated, task.id)).map(({ data }) => data.changed)).toEqual(
    Array(3).fill(['attachments']),
  );
});

test('an attachment of another task is not there', async () => {
  const { id } = (await alice.post(path, { external_url: 'https://example.com' })).json();
  const other = await service.createTask(alice, project);
  expect(refusal(await alice.delete(`/api/v1/tasks/${other.id}/attachments/${id}`))).toEqual([
    404,
    'NOT_FOUND',
  ]);
  expect(refusal(await alice.get(`/api/v1/tasks/${newId()}/attachments`))).toEqual([404, 'NOT_FOUND']);
});

test.each([
  'http://example.com',
  'javascript:alert(1)',
  'https://',
  'https://user:secret@example.com/',
  'https://user@example.com',
  ' https://example.com',
  'https://example.com/\n',
  `https://example.com/${'x'.repeat(2048)}`,
  'example.com',
])('refuses %#', async (external_url) => {
  expect(refusal(await alice.post(path, { external_url }))).toEqual([400, 'VALIDATION_FAILED']);
});
