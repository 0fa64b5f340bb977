import { describe, expect, test } from 'vitest';
import { refusal, startProjects } from './support/projects-service.ts';

const service = await startProjects();
const alice = await service.register('Alice');
const bob = await service.register('Bob');
const project = await service.createProject(alice);
await service.join(alice, project, bob);

const ifMatch = (tag: string) => ({ headers: { 'if-match': tag } });
const ifNoneMatch = (tag: string) => ({ headers: { 'if-none-match': tag } });

describe('If-None-Match', () => {
  const path = `/api/v1/projects/${project}`;
  const tagOf = async (who = alice) => String((await who.get(path)).headers.etag);

  test('is 304 for an answer that is the same', async () => {
    const answer = await alice.get(path, ifNoneMatch(await tagOf()));
    expect([answer.statusCode, answer.body]).toEqual([304, '']);
  });

  test('is 200 once a count in the answer has changed, at the same version', async () => {
    const tag = await tagOf();
    await service.createTask(bob, project);
    const answer = await alice.get(path, ifNoneMatch(tag));
    expect([answer.statusCode, answer.json().open_task_count, answer.json().version]).toEqual([200, 1, 1]);
  });

  test("is 200 once it is the caller's favourite, and stays 304 for others", async () => {
    const [tag, bobs] = [await tagOf(), await tagOf(bob)];
    expect((await alice.put(`${path}/favorite`)).statusCode).toBe(204);
    const answer = await alice.get(path, ifNoneMatch(tag));
    expect([answer.statusCode, answer.json().is_favorite]).toEqual([200, true]);
    expect((await bob.get(path, ifNoneMatch(bobs))).statusCode).toBe(304);
  });

  test("is 200 with another member's tag, where their answer is another", async () => {
    expect((await bob.get(path, ifNoneMatch(await tagOf()))).statusCode).toBe(200);
  });

  test('is 200 once the name of an assignee has changed', async () => {
    const { id } = await service.createTask(alice, project, { assignee_id: bob.id });
    const tag = String((await alice.get(`/api/v1/tasks/${id}`)).headers.etag);
    await service.dataSource.query("update user_refs set display_name = 'Robert' where id = $1", [bob.id]);
    const answer = await alice.get(`/api/v1/tasks/${id}`, ifNoneMatch(tag));
    expect([answer.statusCode, answer.json().assignee?.display_name]).toEqual([200, 'Robert']);
  });
});

describe('the tag of what a change answers', () => {
  test('is that of the resource', async () => {
    const created = await alice.post(`/api/v1/projects/${project}/tasks`, { title: 'x' });
    const path = String(created.headers.location);
    expect((await alice.get(path)).headers.etag).toBe(created.headers.etag);
    const changed = await alice.patch(path, { title: 'y' }, ifMatch(String(created.headers.etag)));
    expect((await alice.get(path)).headers.etag).toBe(changed.headers.etag);
    expect(changed.headers.etag).not.toBe(created.headers.etag);
  });
});

describe('If-Match of a DELETE', () => {
  test('leaves a task that has moved on', async () => {
    const { id } = await service.createTask(alice, project);
    const path = `/api/v1/tasks/${id}`;
    await alice.patch(path, { title: 'New' }, ifMatch('"1"'));
    const stale = await alice.delete(path, ifMatch('"1"'));
    expect(refusal(stale)).toEqual([412, 'PRECONDITION_FAILED']);
    expect(stale.headers.etag).toBe('"2"');
    expect(refusal(await alice.delete(path, ifMatch('W/"2"')))).toEqual([412, 'PRECONDITION_FAILED']);
    expect(refusal(await alice.delete(path, ifMatch('2')))).toEqual([400, 'MALFORMED_IF_MATCH']);
    expect((await alice.delete(path, ifMatch('"1", "2"'))).statusCode).toBe(204);
  });

  test('leaves a comment that has moved on', async () => {
    const written = await alice.post(`/api/v1/projects/${project}/comments`, {
      entity_type: 'project',
      entity_id: project,
      body: 'x',
    });
    const path = String(written.headers.location);
    await alice.put(`${path}/star`);
    expect(refusal(await alice.delete(path, ifMatch('"1"')))).toEqual([412, 'PRECONDITION_FAILED']);
    expect((await alice.delete(path, ifMatch('*'))).statusCode).toBe(204);
  });
});

describe('If-Match where nothing has a tag', () => {
  test('is refused, and nothing is done', async () => {
    const label = await alice.post(`/api/v1/projects/${project}/labels`, { name: 'bug', color: '#ff0000' });
    const { id } = await service.createTask(alice, project);
    const { headers } = ifMatch('"1"');
    for (const answer of [
      await alice.delete(`/api/v1/projects/${project}/labels/${label.json().id}`, { headers }),
      await alice.put(`/api/v1/tasks/${id}/labels/${label.json().id}`, undefined, { headers }),
      await alice.post(`/api/v1/projects/${project}/tasks`, { title: 'x' }, { headers }),
      await bob.delete(`/api/v1/projects/${project}/members/me`, { headers }),
    ]) {
      expect(refusal(answer)).toEqual([412, 'PRECONDITION_UNSUPPORTED']);
    }
    expect((await alice.get(`/api/v1/tasks/${id}`)).json()).toMatchObject({ version: 1, labels: [] });
    expect((await bob.get(`/api/v1/projects/${project}`)).statusCode).toBe(200);
  });
});
