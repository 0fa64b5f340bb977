import {
  invitationDeclined,
  memberInvited,
  memberJoined,
  memberLeft,
  taskUpdated,
} from '@hivesync/contracts';
import { query } from '@hivesync/database';
import { describe, expect, test } from 'vitest';
import { expectStatus, refusal, startProjects } from '../support/projects-service.ts';

const service = await startProjects();
const alice = await service.register('Alice');
const bob = await service.register('Bob');

describe('an invitation', () => {
  test('is answered alike whether the address has an account or not', async () => {
    const project = await service.createProject(alice);
    const path = `/api/v1/projects/${project}/invitations`;
    const known = expectStatus(await alice.post(path, { email: 'Bob@Example.com' }), 202).json();
    const unknown = expectStatus(await alice.post(path, { email: 'nobody@example.com' }), 202).json();
    expect(Object.keys(known)).toEqual(Object.keys(unknown));
    expect(known.email).toBe('bob@example.com');
    const list = (await alice.get(path)).json();
    expect(list.items.map((item: object) => Object.keys(item))).toEqual([
      ['id', 'project_id', 'email', 'created_at'],
      ['id', 'project_id', 'email', 'created_at'],
    ]);
    expect(await service.published(memberInvited, known.id)).toMatchObject([{ data: { user_id: bob.id } }]);
    expect(await service.published(memberInvited, unknown.id)).toMatchObject([{ data: { user_id: null } }]);
  });

  test.each([
    '"a b"@example.com',
    '"a\n1"@example.com',
    'jürgen@example.com',
    `${'a'.repeat(65)}@example.com`,
  ])('is sent to no address that mail cannot reach: %j', async (email) => {
    const project = await service.createProject(alice);
    const answer = await alice.post(`/api/v1/projects/${project}/invitations`, { email });
    expect(refusal(answer)).toEqual([400, 'VALIDATION_FAILED']);
  });

  test('is one, however often it is sent, and learns whose the address is', async () => {
    const project = await service.createProject(alice);
    const path = `/api/v1/projects/${project}/invitations`;
    const first = expectStatus(await alice.post(path, { email: 'dave@example.com' }), 202).json();
    const dave = await service.register('Dave');
    expect((await dave.get('/api/v1/invitations')).json().items).toEqual([]);
    expect(expectStatus(await alice.post(path, { email: 'dave@example.com' }), 202).json()).toEqual(first);
    expectStatus(await alice.post(path, { email: 'dave@example.com' }), 202);
    expect((await dave.get('/api/v1/invitations')).json().items).toMatchObject([{ id: first.id }]);
    expect(await service.published(memberInvited, first.id)).toHaveLength(2);
  });

  test('is seen and accepted by the one it is for', async () => {
    const project = await service.createProject(alice, 'Together');
    const { id } = (await alice.post(`/api/v1/projects/${project}/invitations`, { email: bob.email })).json();
    const carol = await service.register('Carol');
    expect((await carol.get('/api/v1/invitations')).json().items).toEqual([]);
    expect(refusal(await carol.post(`/api/v1/invitations/${id}/accept`))).toEqual([404, 'NOT_FOUND']);
    expect(refusal(await carol.post(`/api/v1/invitations/${id}/decline`))).toEqual([404, 'NOT_FOUND']);
    const mine = (await bob.get('/api/v1/invitations')).json();
    expect(mine.items).toContainEqual({
      id,
      project: { id: project, name: 'Together' },
      invited_by: { id: alice.id, display_name: 'Alice', avatar_url: null },
      created_at: expect.any(String),
    });
    expect(expectStatus(await bob.post(`/api/v1/invitations/${id}/accept`), 200).json()).toMatchObject({
      project_id: project,
      user_id: bob.id,
      role: 'member',
    });
    expect(refusal(await bob.post(`/api/v1/invitations/${id}/accept`))).toEqual([404, 'NOT_FOUND']);
    expect((await bob.get(`/api/v1/projects/${project}`)).json().role).toBe('member');
    expect(
      refusal(await alice.post(`/api/v1/projects/${project}/invitations`, { email: bob.email })),
    ).toEqual([409, 'ALREADY_MEMBER']);
    const joined = (await service.published(memberJoined)).filter(({ data }) => data.project_id === project);
    expect(joined.at(-1)).toMatchObject({
      data: { user_id: bob.id, owner_id: alice.id, project_name: 'Together', role: 'member' },
      actor_id: bob.id,
    });
  });

  test('makes one member of many acceptances at once', async () => {
    const project = await service.createProject(alice);
    const { id } = (await alice.post(`/api/v1/projects/${project}/invitations`, { email: bob.email })).json();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => bob.post(`/api/v1/invitations/${id}/accept`)),
    );
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, ...Array(7).fill(404)]);
  });

  test('is forgotten with its address once it is declined', async () => {
    const project = await service.createProject(alice);
    const { id } = (await alice.post(`/api/v1/projects/${project}/invitations`, { email: bob.email })).json();
    expectStatus(await bob.post(`/api/v1/invitations/${id}/decline`), 204);
    expect(await query(service.dataSource, 'select id from team_invitations where id = $1', [id])).toEqual(
      [],
    );
    expect(await service.published(invitationDeclined, id)).toHaveLength(1);
    expect(refusal(await bob.get(`/api/v1/projects/${project}`))).toEqual([404, 'NOT_FOUND']);
  });

  test("is the owner's to send and to see", async () => {
    const project = await service.createProject(alice);
    await service.join(alice, project, bob);
    const path = `/api/v1/projects/${project}/invitations`;
    expect(refusal(await bob.post(path, { email: 'x@example.com' }))).toEqual([403, 'OWNER_ONLY']);
    expect(refusal(await bob.get(path))).toEqual([403, 'OWNER_ONLY']);
    for (const email of ['', 'x', 'x@', 'ü@example.com', `${'x'.repeat(300)}@example.com`]) {
      expect(refusal(await alice.post(path, { email }))).toEqual([400, 'VALIDATION_FAILED']);
    }
  });
});

describe('members', () => {
  test('are listed with name and role, the longest first', async () => {
    const project = await service.createProject(alice);
    await service.join(alice, project, bob);
    const list = (await bob.get(`/api/v1/projects/${project}/members?include_total=true`)).json();
    expect(list).toMatchObject({
      total: 2,
      items: [
        { user: { id: alice.id, display_name: 'Alice' }, role: 'owner' },
        { user: { id: bob.id, display_name: 'Bob' }, role: 'member' },
      ],
    });
    const first = (await bob.get(`/api/v1/projects/${project}/members?limit=1`)).json();
    const second = (
      await bob.get(`/api/v1/projects/${project}/members?limit=1&cursor=${first.next_cursor}`)
    ).json();
    expect([...first.items, ...second.items]).toEqual(list.items);
  });

  test("leave, and their tasks are nobody's then", async () => {
    const project = await service.createProject(alice);
    await service.join(alice, project, bob);
    await bob.put(`/api/v1/projects/${project}/favorite`);
    const task = await service.createTask(bob, project, { assignee_id: bob.id });
    expectStatus(await bob.delete(`/api/v1/projects/${project}/members/me`), 204);
    expect(refusal(await bob.get(`/api/v1/projects/${project}`))).toEqual([404, 'NOT_FOUND']);
    expect(refusal(await bob.get(`/api/v1/tasks/${task.id}`))).toEqual([404, 'NOT_FOUND']);
    expect((await alice.get(`/api/v1/tasks/${task.id}`)).json()).toMatchObject({
      assignee: null,
      created_by: bob.id,
      version: 2,
    });
    expect(await service.published(taskUpdated, task.id)).toMatchObject([
      { version: 2, data: { assignee_id: null, changed: ['assignee_id'] } },
    ]);
    const left = (await service.published(memberLeft)).filter(({ data }) => data.project_id === project);
    expect(left).toMatchObject([{ data: { user_id: bob.id, owner_id: alice.id }, actor_id: bob.id }]);
    const favorites = await query(
      service.dataSource,
      'select user_id from project_favorites where project_id = $1',
      [project],
    );
    expect(favorites).toEqual([]);
  });

  test('are removed by the owner alone, who stays', async () => {
    const project = await service.createProject(alice);
    await service.join(alice, project, bob);
    const carol = await service.register('Caroline');
    await service.join(alice, project, carol);
    const path = `/api/v1/projects/${project}/members`;
    expect(refusal(await bob.delete(`${path}/${carol.id}`))).toEqual([403, 'OWNER_ONLY']);
    expectStatus(await alice.delete(`${path}/${carol.id}`), 204);
    expect(refusal(await alice.delete(`${path}/${carol.id}`))).toEqual([404, 'NOT_FOUND']);
    for (const self of [alice.id, alice.id.toUpperCase(), 'me']) {
      expect(refusal(await alice.delete(`${path}/${self}`))).toEqual([409, 'CONFLICT']);
    }
  });

  test('cannot be given a task while they leave', async () => {
    const project = await service.createProject(alice);
    const tasks = await Promise.all(Array.from({ length: 10 }, () => service.createTask(alice, project)));
    await service.join(alice, project, bob);
    const assigning = tasks.map((task) =>
      alice.patch(`/api/v1/tasks/${task.id}`, { assignee_id: bob.id }, { headers: { 'if-match': '"1"' } }),
    );
    const [left, ...answers] = await Promise.all([
      bob.delete(`/api/v1/projects/${project}/members/me`),
      ...assigning,
    ]);
    expect(left.statusCode).toBe(204);
    for (const { statusCode } of answers) expect([200, 422]).toContain(statusCode);
    const list = (await alice.get(`/api/v1/projects/${project}/tasks`)).json();
    expect(list.items.filter((task: { assignee: unknown }) => task.assignee !== null)).toEqual([]);
    for (const [at, { statusCode }] of answers.entries()) {
      const task = list.items.find(({ id }: { id: string }) => id === tasks[at]?.id);
      expect(task.version).toBe(statusCode === 200 ? 3 : 1);
    }
  });
});
