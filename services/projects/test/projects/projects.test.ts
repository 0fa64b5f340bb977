import { memberJoined, projectCreated, projectUpdated } from '@hivesync/contracts';
import { newId } from '@hivesync/database';
import { testUser } from '@hivesync/testing';
import { describe, expect, test } from 'vitest';
import { refusal, startProjects, tagOf } from '../support/projects-service.ts';

const service = await startProjects();
const alice = await service.register('Alice');
const bob = await service.register('Bob');

describe('making a project', () => {
  test('answers with it, and tells who owns it', async () => {
    const answer = await alice.post('/api/v1/projects', { name: 'Hive', description: 'Bees' });
    expect(answer.statusCode).toBe(201);
    const project = answer.json();
    expect(project).toMatchObject({
      name: 'Hive',
      description: 'Bees',
      owner_id: alice.id,
      role: 'owner',
      is_favorite: false,
      open_task_count: 0,
      version: 1,
    });
    expect(answer.headers).toMatchObject({ location: `/api/v1/projects/${project.id}`, etag: tagOf(1) });
    expect(await service.published(projectCreated, project.id)).toMatchObject([
      { version: 1, data: { name: 'Hive', owner_id: alice.id }, actor_id: alice.id },
    ]);
    const joined = await service.published(memberJoined);
    expect(joined.filter(({ data }) => data.project_id === project.id)).toMatchObject([
      { data: { user_id: alice.id, role: 'owner', project_name: 'Hive' } },
    ]);
  });

  test('works for somebody of whom identity has not told yet', async () => {
    const stranger = service.as(testUser());
    expect((await stranger.post('/api/v1/projects', { name: 'First' })).statusCode).toBe(201);
  });

  test.each([
    [{}, 'body/name'],
    [{ name: '' }, 'body/name'],
    [{ name: 'x'.repeat(201) }, 'body/name'],
    [{ name: '👨‍👩‍👧‍👦'.repeat(100) }, 'body/name'],
    [{ name: 'a\u0000b' }, 'body/name'],
    [{ name: 7 }, 'body/name'],
    [{ name: 'Hive', owner: alice.id }, 'body/owner'],
    [{ name: 'Hive', description: 'x'.repeat(50_001) }, 'body/description'],
  ])('refuses %#', async (body, path) => {
    const answer = await alice.post('/api/v1/projects', body);
    expect(refusal(answer)).toEqual([400, 'VALIDATION_FAILED']);
    expect(answer.json().errors).toContainEqual(expect.objectContaining({ path }));
  });

  test('counts characters as the table does', async () => {
    expect((await alice.post('/api/v1/projects', { name: '🐝'.repeat(200) })).statusCode).toBe(201);
    expect((await alice.post('/api/v1/projects', { name: '🐝'.repeat(201) })).statusCode).toBe(400);
  });

  test('is replayed by its Idempotency-Key', async () => {
    const headers = { 'idempotency-key': newId() };
    const first = await alice.post('/api/v1/projects', { name: 'Once' }, { headers });
    const again = await alice.post('/api/v1/projects', { name: 'Once' }, { headers });
    expect(again.statusCode).toBe(201);
    expect(again.json()).toEqual(first.json());
    expect(again.headers.etag).toBe(first.headers.etag);
    expect(await service.published(projectCreated, first.json().id)).toHaveLength(1);
    expect(refusal(await alice.post('/api/v1/projects', { name: 'Twice' }, { headers }))).toEqual([
      422,
      'IDEMPOTENCY_KEY_REUSED',
    ]);
    const others = await bob.post('/api/v1/projects', { name: 'Once' }, { headers });
    expect(others.json().id).not.toBe(first.json().id);
  });
});

describe('a project', () => {
  test('is not there for others', async () => {
    const project = await service.createProject(alice);
    const path = `/api/v1/projects/${project}`;
    for (const answer of [
      await bob.get(path),
      await bob.patch(path, { name: 'Mine' }, { headers: { 'if-match': '"1"' } }),
      await bob.get(`${path}/members`),
      await bob.delete(`${path}/members/me`),
      await bob.delete(`${path}/members/${alice.id}`),
      await bob.post(`${path}/invitations`, { email: 'carol@example.com' }),
      await bob.get(`${path}/invitations`),
      await bob.get(`${path}/tags`),
      await bob.post(`${path}/tags`, { name: 'x', color: '#000000' }),
      await bob.put(`${path}/favorite`),
      await bob.get(`${path}/tasks`),
      await bob.post(`${path}/tasks`, { title: 'x' }),
      await bob.post(`${path}/tasks/bulk`, { updates: [{ id: newId(), changes: { status: 'done' } }] }),
      await bob.get(`${path}/labels`),
      await bob.post(`${path}/labels`, { name: 'x', color: '#000000' }),
      await bob.get(`${path}/comments`),
      await bob.post(`${path}/comments`, { entity_type: 'project', entity_id: project, body: 'x' }),
    ]) {
      expect(refusal(answer)).toEqual([404, 'NOT_FOUND']);
    }
    expect((await alice.get(path)).json().version).toBe(1);
  });

  test('needs a token, and an id that is one', async () => {
    const project = await service.createProject(alice);
    expect(refusal(await service.asStranger().get(`/api/v1/projects/${project}`))).toEqual([
      401,
      'UNAUTHENTICATED',
    ]);
    expect(refusal(await alice.get('/api/v1/projects/1'))).toEqual([400, 'VALIDATION_FAILED']);
    expect((await alice.get(`/api/v1/projects/${project.toUpperCase()}`)).statusCode).toBe(200);
  });

  test('changes for its owner, if nobody changed it meanwhile', async () => {
    const project = await service.createProject(alice);
    const path = `/api/v1/projects/${project}`;
    expect(refusal(await alice.patch(path, { name: 'New' }))).toEqual([428, 'IF_MATCH_REQUIRED']);
    expect(refusal(await alice.patch(path, { name: 'New' }, { headers: { 'if-match': 'W/"1"' } }))).toEqual([
      412,
      'PRECONDITION_FAILED',
    ]);
    expect(refusal(await alice.patch(path, {}, { headers: { 'if-match': '"1"' } }))).toEqual([
      400,
      'VALIDATION_FAILED',
    ]);
    const changed = await alice.patch(path, { name: 'New' }, { headers: { 'if-match': '"1"' } });
    expect(changed.json()).toMatchObject({ name: 'New', version: 2 });
    expect(changed.headers.etag).toEqual(tagOf(2));
    const stale = await alice.patch(path, { name: 'Newer' }, { headers: { 'if-match': '"1"' } });
    expect(refusal(stale)).toEqual([412, 'PRECONDITION_FAILED']);
    expect(stale.headers.etag).toBe('"2"');
    expect(await service.published(projectUpdated, project)).toMatchObject([
      { version: 2, data: { name: 'New', owner_id: alice.id } },
    ]);
  });

  test('a change to what is there already makes no version and no event', async () => {
    const project = await service.createProject(alice, 'Same');
    const path = `/api/v1/projects/${project}`;
    const same = { name: 'Same', owner_id: alice.id.toUpperCase() };
    const answer = await alice.patch(path, same, { headers: { 'if-match': '"1"' } });
    expect([answer.statusCode, answer.json().version]).toEqual([200, 1]);
    expect(await service.published(projectUpdated, project)).toEqual([]);
    const stale = await alice.patch(path, same, { headers: { 'if-match': '"2"' } });
    expect(refusal(stale)).toEqual([412, 'PRECONDITION_FAILED']);
  });

  test('lets one of many writers at once through', async () => {
    const project = await service.createProject(alice);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        alice.patch(`/api/v1/projects/${project}`, { name: `N${at}` }, { headers: { 'if-match': '"1"' } }),
      ),
    );
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, ...Array(9).fill(412)]);
  });

  test('is handed over to a member, and to nobody else', async () => {
    const project = await service.createProject(alice);
    const path = `/api/v1/projects/${project}`;
    const hand = (to: string) => alice.patch(path, { owner_id: to }, { headers: { 'if-match': '"1"' } });
    expect(refusal(await hand(bob.id))).toEqual([422, 'NOT_A_MEMBER']);
    await service.join(alice, project, bob);
    expect(refusal(await bob.patch(path, { owner_id: bob.id }, { headers: { 'if-match': '"1"' } }))).toEqual([
      403,
      'OWNER_ONLY',
    ]);
    expect((await hand(bob.id)).json()).toMatchObject({ owner_id: bob.id, role: 'member' });
    expect((await bob.get(path)).json()).toMatchObject({ role: 'owner' });
    expect((await alice.delete(`${path}/members/me`)).statusCode).toBe(204);
  });
});

describe('the list of projects', () => {
  test('shows role, favourite and open tasks, and pages', async () => {
    const carol = await service.register('Carol');
    const own = await service.createProject(carol, 'B');
    const other = await service.createProject(alice, 'A');
    await service.join(alice, other, carol);
    await carol.put(`/api/v1/projects/${other}/favorite`);
    await service.createTask(carol, other);
    await service.createTask(carol, other, { status: 'done' });

    const list = await carol.get('/api/v1/projects?include_total=true');
    expect(list.json()).toMatchObject({
      total: 2,
      next_cursor: null,
      items: [
        { id: other, name: 'A', role: 'member', is_favorite: true, open_task_count: 1 },
        { id: own, name: 'B', role: 'owner', is_favorite: false, open_task_count: 0 },
      ],
    });
    expect(list.json().items[0]).not.toHaveProperty('description');
    expect((await carol.get('/api/v1/projects?favorite=true')).json().items).toMatchObject([{ id: other }]);
    expect((await carol.get('/api/v1/projects?favorite=false')).json().items).toMatchObject([{ id: own }]);

    const first = (await carol.get('/api/v1/projects?sort=name&order=asc&limit=1')).json();
    expect(first.items).toMatchObject([{ name: 'A' }]);
    const second = (
      await carol.get(`/api/v1/projects?sort=name&order=asc&limit=1&cursor=${first.next_cursor}`)
    ).json();
    expect(second).toMatchObject({ items: [{ name: 'B' }], next_cursor: null });
    expect(
      refusal(await carol.get(`/api/v1/projects?sort=name&order=desc&cursor=${first.next_cursor}`)),
    ).toEqual([400, 'MALFORMED_CURSOR']);
    expect(
      refusal(await alice.get(`/api/v1/projects?sort=name&order=asc&cursor=${first.next_cursor}`)),
    ).toEqual([400, 'MALFORMED_CURSOR']);
  });
});

describe('other services', () => {
  test('resolve the ids of projects', async () => {
    const project = await service.createProject(alice, 'Known');
    const answer = await service
      .asService('previews')
      .post('/internal/projects/resolve', { ids: [project, newId()] });
    expect(answer.json()).toEqual({
      items: [{ id: project, version: 1, data: { name: 'Known', owner_id: alice.id } }],
    });
  });

  test('list all of them, page by page', async () => {
    const made = [await service.createProject(alice, 'One'), await service.createProject(alice, 'Two')];
    const [first = '', second = ''] = made.sort();
    const list = async (query: Record<string, string>) =>
      (await service.asService('previews').get('/internal/projects', { query })).json().items;
    expect((await list({})).slice(-2)).toMatchObject([{ id: first }, { id: second }]);
    expect(await list({ after: first, limit: '1' })).toMatchObject([
      { id: second, version: 1, data: { owner_id: alice.id } },
    ]);
    expect(await list({ after: second })).toEqual([]);
  });

  test('are the only ones to do so', async () => {
    expect(refusal(await alice.post('/internal/projects/resolve', { ids: [newId()] }))[0]).toBe(401);
    expect(
      refusal(await service.asStranger().post('/internal/projects/resolve', { ids: [newId()] }))[0],
    ).toBe(401);
  });
});
