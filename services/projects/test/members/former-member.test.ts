import { expect, test } from 'vitest';
import { startProjects } from '../support/projects-service.ts';

const service = await startProjects();

test('whoever was removed takes along that they made a task, and not what it says by now', async () => {
  const [alice, mal] = [await service.register('Alice'), await service.register('Mal')];
  const project = await service.createProject(alice);
  await service.join(alice, project, mal);
  const made = (await mal.post(`/api/v1/projects/${project}/tasks`, { title: 'Mine' })).json();
  const comment = { entity_type: 'task', entity_id: made.id, body: 'My own words' };
  expect((await mal.post(`/api/v1/projects/${project}/comments`, comment)).statusCode).toBe(201);
  const invitation = { email: 'nina@example.com' };
  expect((await alice.post(`/api/v1/projects/${project}/invitations`, invitation)).statusCode).toBe(202);
  expect((await alice.delete(`/api/v1/projects/${project}/members/${mal.id}`)).statusCode).toBe(204);
  const secret = { title: 'Secret title', description: 'Secret text' };
  const changed = await alice.patch(
    `/api/v1/tasks/${made.id}`,
    { ...secret, assignee_id: alice.id },
    { headers: { 'if-match': '"1"' } },
  );
  expect(changed.statusCode).toBe(200);
  expect((await mal.get(`/api/v1/tasks/${made.id}`)).statusCode).toBe(404);

  const identity = await service.asService('identity');
  const exportOf = async (id: string) => {
    const { body } = await identity.get(`/internal/users/${id}/export`);
    const held: { table: string; row: object }[] = body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    return {
      body,
      rowsOf: (name: string) => held.flatMap(({ table, row }) => (table === name ? [row] : [])),
    };
  };
  const times = { created_at: expect.any(String), updated_at: expect.any(String) };
  const ofMal = await exportOf(mal.id);
  expect(ofMal.rowsOf('tasks')).toEqual([{ id: made.id, created_by: mal.id, ...times }]);
  expect(ofMal.rowsOf('comments')).toMatchObject([{ body: 'My own words' }]);
  expect(ofMal.body).not.toContain(alice.id);
  const ofAlice = await exportOf(alice.id);
  expect(ofAlice.rowsOf('tasks')).toEqual([{ id: made.id, assignee_id: alice.id, ...times }]);
  expect(ofAlice.rowsOf('team_invitations')).toEqual([
    { id: expect.any(String), invited_by: alice.id, ...times },
  ]);
  expect(ofAlice.rowsOf('projects')).toMatchObject([{ id: project, name: 'Hive' }]);
});
