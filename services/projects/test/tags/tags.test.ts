import { tagCreated, tagDeleted } from '@hivesync/contracts';
import { expect, test } from 'vitest';
import { expectStatus, refusal, startProjects } from '../support/projects-service.ts';

const service = await startProjects();
const alice = await service.register('Alice');
const bob = await service.register('Bob');
const project = await service.createProject(alice);
await service.join(alice, project, bob);
const path = `/api/v1/projects/${project}/tags`;

test('the owner tags a project, and members see it', async () => {
  const tag = expectStatus(await alice.post(path, { name: 'mobile', color: '#00FF00' }), 201).json();
  expect(tag).toMatchObject({ project_id: project, name: 'mobile', color: '#00ff00' });
  expect(refusal(await alice.post(path, { name: 'mobile', color: '#00ff00' }))).toEqual([409, 'NAME_TAKEN']);
  expect((await bob.get(path)).json().items).toEqual([tag]);
  expectStatus(await alice.delete(`${path}/${tag.id}`), 204);
  expect(refusal(await alice.delete(`${path}/${tag.id}`))).toEqual([404, 'NOT_FOUND']);
  expect((await bob.get(path)).json().items).toEqual([]);
  expect(await service.published(tagCreated, tag.id)).toMatchObject([{ data: { name: 'mobile' } }]);
  expect(await service.published(tagDeleted, tag.id)).toMatchObject([{ data: { name: 'mobile' } }]);
});

test('members leave tags to the owner', async () => {
  const tag = (await alice.post(path, { name: 'web', color: '#00ff00' })).json();
  expect(refusal(await bob.post(path, { name: 'x', color: '#000000' }))).toEqual([403, 'OWNER_ONLY']);
  expect(refusal(await bob.delete(`${path}/${tag.id}`))).toEqual([403, 'OWNER_ONLY']);
});

test('the same name is for every project to use', async () => {
  const other = await service.createProject(alice);
  expectStatus(await alice.post(`/api/v1/projects/${other}/tags`, { name: 'web', color: '#00ff00' }), 201);
});
