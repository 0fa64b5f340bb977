import { commentAdded, commentDeleted, commentUpdated } from '@hivesync/contracts';
import { newId } from '@hivesync/database';
import { describe, expect, test } from 'vitest';
import { expectStatus, refusal, startProjects, tagOf } from '../support/projects-service.ts';

const service = await startProjects();
const alice = await service.register('Alice');
const bob = await service.register('Bob');
const carol = await service.register('Carol');
const stranger = await service.register('Mallory');
const project = await service.createProject(alice);
await service.join(alice, project, bob);
await service.join(alice, project, carol);
const path = `/api/v1/projects/${project}/comments`;
const onProject = { entity_type: 'project', entity_id: project };
const version = (number: number) => ({ headers: { 'if-match': `"${number}"` } });

describe('a comment', () => {
  test('is about the project, a task, or a line of code', async () => {
    const task = await service.createTask(alice, project);
    const about = [
      onProject,
      { entity_type: 'task', entity_id: task.id },
      { entity_type: 'code', file_path: 'src/main.ts', line: 3 },
    ];
    for (const entity of about) {
      const answer = expectStatus(await bob.post(path, { ...entity, body: 'Nice' }), 201);
      expect(answer.json()).toMatchObject({
        project_id: project,
        parent_id: null,
        author: { id: bob.id, display_name: 'Bob', avatar_url: null },
        body: 'Nice',
        is_starred: false,
        version: 1,
        ...entity,
      });
      expect(answer.headers).toMatchObject({
        location: `/api/v1/comments/${answer.json().id}`,
        etag: tagOf(1),
      });
    }
    const told = (await service.published(commentAdded)).slice(-3);
    expect(told.map(({ data }) => data.entity_id)).toEqual([project, task.id, 'src/main.ts:3']);
  });

  test.each([
    [{ entity_type: 'project', entity_id: newId() }, 422, 'UNKNOWN_REFERENCE'],
    [{ entity_type: 'task', entity_id: newId() }, 422, 'UNKNOWN_REFERENCE'],
    [{ entity_type: 'preview_job', entity_id: newId() }, 422, 'UNKNOWN_REFERENCE'],
    [{ entity_type: 'task' }, 400, 'VALIDATION_FAILED'],
    [{ entity_type: 'code', file_path: 'a' }, 400, 'VALIDATION_FAILED'],
    [{ entity_type: 'code', file_path: 'a', line: 0 }, 400, 'VALIDATION_FAILED'],
    [{ entity_type: 'code', file_path: 'a', line: 2 ** 31 }, 400, 'VALIDATION_FAILED'],
    [{ ...onProject, line: 1 }, 400, 'VALIDATION_FAILED'],
    [{ ...onProject, body: '' }, 400, 'VALIDATION_FAILED'],
    [{ ...onProject, body: 'x'.repeat(20_001) }, 400, 'VALIDATION_FAILED'],
    [{ ...onProject, author_id: bob.id }, 400, 'VALIDATION_FAILED'],
    [{ entity_type: 'rocket', entity_id: newId() }, 400, 'VALIDATION_FAILED'],
  ])('is refused %#', async (body, status, code) => {
    expect(refusal(await bob.post(path, { body: 'x', ...body }))).toEqual([status, code]);
  });

  test('is not about a task of another project', async () => {
    const other = await service.createTask(alice, await service.createProject(alice));
    const answer = await alice.post(path, { entity_type: 'task', entity_id: other.id, body: 'x' });
    expect(refusal(answer)).toEqual([422, 'UNKNOWN_REFERENCE']);
  });

  test('is edited by its author alone, if nobody changed it meanwhile', async () => {
    const { id } = expectStatus(await bob.post(path, { ...onProject, body: 'Old' }), 201).json();
    const own = `/api/v1/comments/${id}`;
    expect(refusal(await alice.patch(own, { body: 'New' }, version(1)))).toEqual([403, 'FORBIDDEN']);
    expect(refusal(await bob.patch(own, { body: 'New' }))).toEqual([428, 'IF_MATCH_REQUIRED']);
    expect(refusal(await bob.patch(own, { body: 'New' }, version(2)))).toEqual([412, 'PRECONDITION_FAILED']);
    const edited = expectStatus(await bob.patch(own, { body: 'New' }, version(1)), 200);
    expect(edited.json()).toMatchObject({ body: 'New', version: 2 });
    expect(await service.published(commentUpdated, id)).toMatchObject([
      { version: 2, data: { changed: ['body'] } },
    ]);
  });

  test('is starred by any member, once', async () => {
    const { id } = (await bob.post(path, { ...onProject, body: 'Star me' })).json();
    for (let time = 0; time < 2; time += 1) expectStatus(await carol.put(`/api/v1/comments/${id}/star`), 204);
    expect((await alice.get(`/api/v1/comments/${id}`)).json()).toMatchObject({
      is_starred: true,
      version: 2,
    });
    expect((await alice.get(`${path}?starred=true`)).json().items).toMatchObject([{ id }]);
    for (let time = 0; time < 2; time += 1)
      expectStatus(await bob.delete(`/api/v1/comments/${id}/star`), 204);
    expect((await alice.get(`/api/v1/comments/${id}`)).json()).toMatchObject({
      is_starred: false,
      version: 3,
    });
  });

  test('is deleted by its author or the owner, with the replies to it', async () => {
    const write = async (parent_id: string | null = null) =>
      expectStatus(await bob.post(path, { ...onProject, body: 'x', parent_id }), 201).json().id;
    const [first, own] = [await write(), await write()];
    const reply = await write(first);
    expect(refusal(await carol.delete(`/api/v1/comments/${first}`))).toEqual([403, 'FORBIDDEN']);
    expectStatus(await alice.delete(`/api/v1/comments/${first}`), 204);
    expectStatus(await bob.delete(`/api/v1/comments/${own}`), 204);
    for (const id of [first, reply, own]) {
      expect(refusal(await bob.get(`/api/v1/comments/${id}`))).toEqual([404, 'NOT_FOUND']);
      expect(await service.published(commentDeleted, id)).toHaveLength(1);
    }
  });

  test('is not there for others', async () => {
    const { id } = (await bob.post(path, { ...onProject, body: 'Secret' })).json();
    const own = `/api/v1/comments/${id}`;
    for (const answer of [
      await stranger.get(own),
      await stranger.patch(own, { body: 'x' }, version(1)),
      await stranger.delete(own),
      await stranger.put(`${own}/star`),
      await stranger.delete(`${own}/star`),
    ]) {
      expect(refusal(answer)).toEqual([404, 'NOT_FOUND']);
    }
    expect((await bob.get(own)).json()).toMatchObject({ body: 'Secret', version: 1 });
  });
});

describe('a thread', () => {
  test('is one level deep and about one thing', async () => {
    const task = await service.createTask(alice, project);
    const onTask = { entity_type: 'task', entity_id: task.id };
    const first = (await alice.post(path, { ...onTask, body: 'First' })).json();
    const reply = expectStatus(
      await bob.post(path, { ...onTask, entity_id: task.id.toUpperCase(), body: 'Re', parent_id: first.id }),
      201,
    ).json();
    expect(reply.parent_id).toBe(first.id);
    for (const body of [
      { ...onTask, parent_id: reply.id },
      { ...onProject, parent_id: first.id },
      { ...onTask, parent_id: newId() },
    ]) {
      const refused = await bob.post(path, { body: 'x', ...body });
      expect(refusal(refused)).toEqual([422, 'UNKNOWN_REFERENCE']);
      expect(refused.json().errors).toMatchObject([{ path: 'body/parent_id' }]);
    }
    expect((await bob.get(`${path}?parent_id=${first.id}`)).json().items).toMatchObject([{ id: reply.id }]);
  });

  test('keeps no reply that comes while its first comment goes', async () => {
    for (let round = 0; round < 5; round += 1) {
      const first = (await alice.post(path, { ...onProject, body: 'First' })).json();
      const [gone, reply] = await Promise.all([
        alice.delete(`/api/v1/comments/${first.id}`),
        bob.post(path, { ...onProject, body: 'Re', parent_id: first.id }),
      ]);
      expect(gone.statusCode).toBe(204);
      expect([201, 422]).toContain(reply.statusCode);
      expect((await bob.get(`${path}?parent_id=${first.id}`)).json().items).toEqual([]);
    }
  });
});

describe('the event of a comment', () => {
  test('names the members it mentions, and those who are concerned otherwise', async () => {
    const task = await service.createTask(alice, project, { assignee_id: bob.id });
    const onTask = { entity_type: 'task', entity_id: task.id };
    const body = `@[${carol.id}] @[${stranger.id}] @[${newId()}] see this, @[${carol.id.toUpperCase()}]`;
    const first = (await bob.post(path, { ...onTask, body })).json();
    expect(await service.published(commentAdded, first.id)).toMatchObject([
      {
        version: 1,
        data: { author_id: bob.id, mentions: [carol.id], interested: [alice.id], parent_id: null },
        actor_id: bob.id,
      },
    ]);
    const reply = (await carol.post(path, { ...onTask, body: `@[${carol.id}]`, parent_id: first.id })).json();
    const [told] = await service.published(commentAdded, reply.id);
    expect(told?.data.mentions).toEqual([]);
    expect(told?.data.interested).toEqual([alice.id, bob.id].sort());
  });
});

describe('the list of comments', () => {
  test('takes filters and pages, by age', async () => {
    const own = await service.createProject(alice);
    const list = `/api/v1/projects/${own}/comments`;
    const task = await service.createTask(alice, own);
    const write = async (body: object) =>
      expectStatus(await alice.post(list, { body: 'x', ...body }), 201).json().id;
    const ids = [
      await write({ entity_type: 'project', entity_id: own }),
      await write({ entity_type: 'task', entity_id: task.id }),
      await write({ entity_type: 'code', file_path: 'a.ts', line: 1 }),
      await write({ entity_type: 'code', file_path: 'b.ts', line: 1 }),
    ];
    const found = async (query: string): Promise<string[]> =>
      expectStatus(await alice.get(`${list}?${query}`), 200)
        .json()
        .items.map(({ id }: { id: string }) => id);
    expect(await found('')).toEqual(ids);
    expect(await found('order=desc')).toEqual(ids.toReversed());
    expect(await found(`entity_type=task&entity_id=${task.id}`)).toEqual([ids[1]]);
    expect(await found('entity_type=code')).toEqual(ids.slice(2));
    expect(await found('file_path=b.ts')).toEqual([ids[3]]);
    const first = (await alice.get(`${list}?limit=3&include_total=true`)).json();
    expect(first.total).toBe(4);
    expect(await found(`limit=3&cursor=${first.next_cursor}`)).toEqual([ids[3]]);
  });
});
