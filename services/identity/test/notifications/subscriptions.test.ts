import { setTimeout as sleep } from 'node:timers/promises';
import {
  commentAdded,
  type EventDefinition,
  memberInvited,
  memberJoined,
  memberLeft,
  type ProjectId,
  taskAssigned,
  taskCompleted,
  type UserId,
} from '@hivesync/contracts';
import { type DataSource, migrateUp, newId, type ServiceDatabase, transaction } from '@hivesync/database';
import {
  Consumers,
  type EventSource,
  feedEpochsUp,
  localEventSource,
  OutboxSignal,
  type Publication,
  platformTablesUp,
  publish,
  replay,
} from '@hivesync/events';
import { atFileEnd, silentLogger } from '@hivesync/testing';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { subscriptions } from '../../src/subscriptions.ts';
import { startIdentity } from '../support/identity.ts';

/** The projects service as far as identity knows it: an outbox. */
const outboxOfProjects: ServiceDatabase = {
  service: 'projects',
  entities: [],
  migrations: [
    class {
      name = 'CreateOutbox1000000000000';
      async up(runner: { query(statement: string): Promise<unknown> }) {
        for (const statement of [...platformTablesUp(), ...feedEpochsUp('projects')])
          await runner.query(statement);
      }
      async down() {
        throw new Error('not needed');
      }
    },
  ],
};

const { db, dataSource, register } = await startIdentity();
await migrateUp(outboxOfProjects, db.ownerUrl('projects'));
const projects: DataSource = await db.dataSource(outboxOfProjects);
const signal = OutboxSignal.of(projects, { logger: silentLogger });

/** What identity hears of deleted accounts does not concern its inboxes: nobody says anything there. */
const silent: EventSource[] = subscriptions.sources
  .filter((service) => service !== 'projects')
  .map((service) => ({
    service,
    read: (_after, { signal: left }) => sleep(200, { items: [], head: null, remaining: 0 }, { signal: left }),
  }));

const newConsumers = () =>
  new Consumers({
    dataSource,
    subscriptions,
    sources: [localEventSource('projects', { dataSource: projects, signal }), ...silent],
    logger: silentLogger,
    waitSeconds: 0.2,
  });
const consumers = newConsumers();
atFileEnd(async () => {
  await consumers.stop();
  await signal.stop();
});

const say = <D extends EventDefinition>(definition: D, event: Omit<Publication<D>, 'version'>) =>
  transaction(projects, (tx) => publish(tx, definition, { version: 0, ...event } as Publication<D>));
const inbox = (userId: UserId) =>
  db.query<{ type: string; payload_json: Record<string, unknown> }>(
    'select type, payload_json from identity.notifications where user_id = $1 order by id',
    [userId],
  );
const types = async (userId: UserId) => (await inbox(userId)).map(({ type }) => type);
/** Events are applied in order, so when the last has come all have. */
async function settled() {
  const marker = await register(`marker-${newId()}@example.com`);
  await say(memberInvited, {
    subject: newId(),
    data: { project_id: newId<ProjectId>(), project_name: 'Marker', user_id: marker.id },
  });
  await vi.waitFor(async () => expect(await types(marker.id)).toEqual(['team_invite']), 10_000);
}
const people = async () => {
  const one = async (name: string) => (await register(`${name}-${newId()}@example.com`)).id;
  return { alice: await one('alice'), bob: await one('bob'), carol: await one('carol') };
};

const project_id = newId<ProjectId>();
const task = { project_id, number: 7, title: 'Fix the door', status: 'open' } as const;

describe('an event of projects', () => {
  beforeAll(() => consumers.start());

  test('task assigned: tells the assignee what and where, once', async () => {
    const { alice, bob } = await people();
    const subject = newId();
    await say(taskAssigned, { subject, data: { ...task, assignee_id: bob }, origin: { actorId: alice } });
    await settled();
    expect(await inbox(bob)).toEqual([
      {
        type: 'task_assigned',
        payload_json: { project_id, task_id: subject, number: 7, title: 'Fix the door', actor_id: alice },
      },
    ]);
    expect(await inbox(alice)).toEqual([]);
  });

  test('replayed from the beginning notifies nobody again', async () => {
    const { alice, bob } = await people();
    await say(taskAssigned, {
      subject: newId(),
      data: { ...task, assignee_id: bob },
      origin: { actorId: alice },
    });
    await settled();
    const [before] = await db.query('select count(*) from identity.notifications');
    await replay(dataSource, 'projects');
    const again = newConsumers();
    again.start();
    await settled();
    await again.stop();
    const [after] = await db.query<{ count: string }>('select count(*) from identity.notifications');
    expect(Number(after?.count)).toBe(Number((before as { count: string }).count) + 1); // the marker's
    expect(await types(bob)).toEqual(['task_assigned']);
  });

  test('nobody hears of what they did themselves', async () => {
    const { alice } = await people();
    const origin = { actorId: alice };
    await say(taskAssigned, { subject: newId(), data: { ...task, assignee_id: alice }, origin });
    await say(taskCompleted, {
      subject: newId(),
      data: { ...task, assignee_id: alice, created_by: alice },
      origin,
    });
    await settled();
    expect(await inbox(alice)).toEqual([]);
  });

  test('task completed: tells who created it and whose it is', async () => {
    const { alice, bob, carol } = await people();
    await say(taskCompleted, {
      subject: newId(),
      data: { ...task, assignee_id: bob, created_by: carol },
      origin: { actorId: alice },
    });
    await settled();
    expect([await types(bob), await types(carol)]).toEqual([['task_completed'], ['task_completed']]);
  });

  test('comment: the mentioned hear of the mention, the interested of the comment, nobody of both', async () => {
    const { alice, bob, carol } = await people();
    await say(commentAdded, {
      subject: newId(),
      data: {
        project_id,
        entity_type: 'task',
        entity_id: newId(),
        parent_id: null,
        author_id: alice,
        mentions: [bob, alice],
        interested: [alice, bob, carol],
      },
      origin: { actorId: alice },
    });
    await settled();
    expect([await types(alice), await types(bob), await types(carol)]).toEqual([
      [],
      ['comment_mention'],
      ['comment_added'],
    ]);
  });

  test('members: invited, joined, left', async () => {
    const { alice: owner, bob } = await people();
    const project_name = 'House';
    const membership = { project_id, project_name, owner_id: owner, user_id: bob, role: 'member' } as const;
    await say(memberInvited, {
      subject: newId(),
      data: { project_id, project_name, user_id: bob },
      origin: { actorId: owner },
    });
    await say(memberInvited, { subject: newId(), data: { project_id, project_name, user_id: null } });
    await say(memberJoined, { subject: newId(), data: membership, origin: { actorId: bob } });
    await say(memberLeft, { subject: newId(), data: membership, origin: { actorId: owner } });
    await settled();
    expect(await types(bob)).toEqual(['team_invite', 'team_member_left']);
    expect(await types(owner)).toEqual(['team_joined']);
  });

  test('about somebody who has no account is passed over', async () => {
    const { bob } = await people();
    const stranger = newId<UserId>();
    await say(taskCompleted, { subject: newId(), data: { ...task, assignee_id: stranger, created_by: bob } });
    await settled();
    expect(await types(bob)).toEqual(['task_completed']);
    expect(await db.query('select error from identity.parked_events')).toEqual([]);
  });
});
