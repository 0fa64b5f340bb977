import { type EventData, type UserId, userDeleted, userRegistered, userUpdated } from '@hivesync/contracts';
import { newId, query, transaction } from '@hivesync/database';
import { Consumers, publish, Sweeper } from '@hivesync/events';
import { FileObjectStore, type ObjectKey } from '@hivesync/objects';
import { type Caller, neighbour, silentLogger, testDatabase, testUser } from '@hivesync/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { database } from '../../src/database/data-source.ts';
import { removeObjects } from '../../src/objects/object-removal.service.ts';
import { subscriptions } from '../../src/subscriptions.ts';
import { refusal, startProjects } from '../support/projects-service.ts';

const server = await testDatabase();
const identity = await neighbour(server, 'identity');
const service = await startProjects({ on: server });
const dataSource = await server.dataSource(database);
const consumers = new Consumers({
  dataSource,
  subscriptions,
  sources: [identity.feed],
  logger: silentLogger,
});
const sweeper = new Sweeper({ dataSource, database, logger: silentLogger });
beforeAll(() => {
  consumers.onApplied(() => sweeper.wake());
  consumers.start();
  sweeper.start();
});
afterAll(() => Promise.all([consumers.stop(), sweeper.stop()]));

const person = (display_name: string): EventData<typeof userUpdated> => ({
  display_name,
  avatar_url: null,
  tier: 'pro',
});
const tell = (definition: typeof userUpdated, user: UserId, version: number, name: string) =>
  transaction(identity.outbox, (tx) =>
    publish(tx, definition, { subject: user, version, data: person(name) }),
  );
const forget = (user: UserId, version: number) =>
  transaction(identity.outbox, (tx) => publish(tx, userDeleted, { subject: user, version, data: {} }));

/** Uploads a file for a task. @returns its key */
async function upload(person: Caller, task: string): Promise<ObjectKey> {
  const granted = await person.post(`/api/v1/tasks/${task}/attachments/uploads`, {
    name: 'a',
    size_bytes: 4,
  });
  const { object_key, upload_url } = granted.json();
  const { pathname, search } = new URL(upload_url);
  await service.app.inject({ method: 'PUT', url: pathname + search, payload: Buffer.from('four') });
  return object_key;
}

test('names follow identity into lists', async () => {
  const user = testUser();
  const alice = service.as(user);
  const project = await service.createProject(alice);
  const listed = async () => (await alice.get(`/api/v1/projects/${project}/members`)).json().items[0].user;
  expect(await listed()).toEqual({ id: user.id, display_name: null, avatar_url: null });
  await tell(userRegistered, user.id, 1, 'Alice');
  await vi.waitFor(async () => expect(await listed()).toMatchObject({ display_name: 'Alice' }), 10_000);
  await tell(userUpdated, user.id, 2, 'Alicia');
  await vi.waitFor(async () => expect(await listed()).toMatchObject({ display_name: 'Alicia' }), 10_000);
});

test('a deleted account leaves no membership and no assignment; what it wrote stays', async () => {
  const alice = await service.register('Alice');
  const bob = await service.register('Bob');
  const project = await service.createProject(alice);
  await service.join(alice, project, bob);
  await bob.put(`/api/v1/projects/${project}/favorite`);
  const task = await service.createTask(bob, project, { assignee_id: bob.id });
  const comment = (
    await bob.post(`/api/v1/projects/${project}/comments`, {
      entity_type: 'task',
      entity_id: task.id,
      body: 'Mine',
    })
  ).json();
  const [waiting, attached] = [await upload(bob, task.id), await upload(bob, task.id)];
  await bob.post(`/api/v1/tasks/${task.id}/attachments`, { object_key: attached });

  await forget(bob.id, 2);
  await vi.waitFor(
    async () => expect((await bob.get(`/api/v1/projects/${project}`)).statusCode).toBe(404),
    10_000,
  );
  expect((await alice.get(`/api/v1/tasks/${task.id}`)).json()).toMatchObject({
    assignee: null,
    created_by: bob.id,
  });
  expect((await alice.get(`/api/v1/comments/${comment.id}`)).json()).toMatchObject({
    body: 'Mine',
    author: { id: bob.id, display_name: null },
  });
  expect((await alice.get(`/api/v1/projects/${project}/members`)).json().items).toMatchObject([
    { user: { id: alice.id } },
  ]);
  const favorites = await query(service.dataSource, 'select from project_favorites where user_id = $1', [
    bob.id,
  ]);
  expect(favorites).toEqual([]);
  // What he was about to attach is his alone; what he attached is the project's.
  const store = new FileObjectStore(service.config.OBJECTS_DIR);
  await vi.waitFor(async () => {
    await removeObjects(service.app, store);
    expect([await store.sizeOf(waiting), await store.sizeOf(attached)]).toEqual([null, 4]);
  }, 10_000);
  // The token lives on for minutes, but nothing new may point at its owner.
  expect(refusal(await bob.post('/api/v1/projects', { name: 'Late' }))).toEqual([422, 'UNKNOWN_REFERENCE']);
});

test('a project is not made by somebody whose deletion came first', async () => {
  const user = newId<UserId>();
  await forget(user, 2);
  await vi.waitFor(async () => {
    const rows = await query(
      service.dataSource,
      `select from user_refs where id = $1 and state = 'deleted'`,
      [user],
    );
    expect(rows).toHaveLength(1);
  }, 10_000);
  const answer = await service.as(testUser({ id: user })).post('/api/v1/projects', { name: 'Late' });
  expect(refusal(answer)).toEqual([422, 'UNKNOWN_REFERENCE']);
});
