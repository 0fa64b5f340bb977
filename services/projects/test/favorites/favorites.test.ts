import { favoriteAdded, favoriteRemoved } from '@hivesync/contracts';
import { expect, test } from 'vitest';
import { expectStatus, startProjects } from '../support/projects-service.ts';

const service = await startProjects();
const alice = await service.register('Alice');
const bob = await service.register('Bob');

test("a favourite is one person's alone, and told of once", async () => {
  const project = await service.createProject(alice);
  await service.join(alice, project, bob);
  const path = `/api/v1/projects/${project}`;
  for (let time = 0; time < 2; time += 1) expectStatus(await bob.put(`${path}/favorite`), 204);
  expect((await bob.get(path)).json().is_favorite).toBe(true);
  expect((await alice.get(path)).json().is_favorite).toBe(false);
  for (let time = 0; time < 2; time += 1) expectStatus(await bob.delete(`${path}/favorite`), 204);
  expect((await bob.get(path)).json().is_favorite).toBe(false);
  expect(await service.published(favoriteAdded, project)).toMatchObject([{ actor_id: bob.id }]);
  expect(await service.published(favoriteRemoved, project)).toMatchObject([{ actor_id: bob.id }]);
});
