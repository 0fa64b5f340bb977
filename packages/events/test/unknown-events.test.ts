/** A reader of an earlier release and one of a later, one after the other on the same database. */
import {
  type CloudEvent,
  defineEvent,
  type EventDefinition,
  eventCatalogue,
  taskCreated,
} from '@hivesync/contracts';
import { query } from '@hivesync/database';
import { Type } from 'typebox';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defineSubscriptions, on, onAny, parkedEvents, retryParked } from '../src/index.ts';
import {
  consumersOf,
  effects,
  effectsTable,
  newSubject,
  type Platform,
  publishTask,
  recordingLogger,
  startPlatform,
  task,
  writeEffect,
} from './platform.ts';

const taskFlown = defineEvent('projects.task.flown', Type.Object({ height: Type.Integer() }));
/** As `taskCreated`, of a release in which a status is free. */
const laterTaskCreated = defineEvent(
  taskCreated.type as 'projects.task.created',
  Type.Object({ ...taskCreated.data.properties, status: Type.String() }),
);

const catalogue = eventCatalogue as Map<string, EventDefinition>;
const upgrade = (...definitions: EventDefinition[]) => {
  for (const definition of definitions) catalogue.set(definition.type, definition);
};
afterEach(() => {
  catalogue.delete(taskFlown.type);
  upgrade(taskCreated);
});

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform(['projects', 'audit']);
  await platform.owner('audit', effectsTable);
});
beforeEach(async () => {
  await platform.owner('projects', 'truncate outbox, feed_readers');
  await platform.owner('audit', 'truncate effects, event_cursors, parked_events');
});
const projects = () => platform.of('projects');
const audit = () => platform.of('audit');
const applied = async () => (await effects(audit())).map(({ subject, version }) => `${subject} ${version}`);
const parked = async () => (await parkedEvents(audit())).map(({ reason }) => reason);

const tell = (definition: EventDefinition, subject: string, version: number, data: object) =>
  query(
    projects(),
    `insert into outbox (id, type, aggregate, subject, aggregate_version, data)
     values (gen_random_uuid(), $1, 'projects.task', $2, $3, $4)`,
    [definition.type, subject, version, data],
  );
const fly = (subject: string, version: number) => tell(taskFlown, subject, version, { height: 3 });
const created = on(taskCreated, writeEffect);

describe('an event of a type that came with a later release', () => {
  it('is kept with what follows on its subject, and applied in order by the release that knows it', async () => {
    const [flown, other] = [newSubject(), newSubject()];
    const logger = recordingLogger();
    const old = consumersOf(platform, [created], { logger });
    old.start();
    await publishTask(projects(), flown, 1);
    await fly(flown, 2);
    await publishTask(projects(), flown, 3);
    await publishTask(projects(), other, 1);
    await expect.poll(applied).toEqual([`${flown} 1`, `${other} 1`]);
    await expect.poll(parked).toEqual(['unknown', 'behind']);
    // Nothing is wrong, so it is no error and no cause for alarm.
    expect(old.counters()).toMatchObject([{ unknown: 2, parked: 0 }]);
    expect(logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(logger.lines.map(({ message }) => message)).toContain('events kept for a later release');
    const still = defineSubscriptions({
      database: { service: 'audit', entities: [], migrations: [] },
      handlers: [created],
    });
    expect(await retryParked(audit(), still)).toEqual({ applied: 0, failed: 1 });
    expect(await parked()).toEqual(['unknown', 'behind']);
    await old.stop();

    upgrade(taskFlown);
    const upgraded = consumersOf(platform, [created, on(taskFlown, writeEffect)]);
    upgraded.start();
    await publishTask(projects(), flown, 4);
    await expect
      .poll(applied)
      .toEqual([`${flown} 1`, `${other} 1`, `${flown} 2`, `${flown} 3`, `${flown} 4`]);
    expect(await parked()).toEqual([]);
    const again = consumersOf(platform, [created, on(taskFlown, writeEffect)]);
    again.start();
    await publishTask(projects(), other, 2);
    await expect.poll(applied).toHaveLength(6);
  });

  it('is let go by a release that knows it and has nothing to do with it', async () => {
    const subject = newSubject();
    const old = consumersOf(platform, [created]);
    old.start();
    await fly(subject, 1);
    await publishTask(projects(), subject, 2);
    await expect.poll(parked).toEqual(['unknown', 'behind']);
    await old.stop();
    upgrade(taskFlown);
    consumersOf(platform, [created]).start();
    await expect.poll(applied).toEqual([`${subject} 2`]);
    expect(await parked()).toEqual([]);
  });

  it('is given to those who want everything at once', async () => {
    const seen: CloudEvent[] = [];
    const consumers = consumersOf(platform, [
      onAny(async (_tx, event) => {
        seen.push(event);
      }),
    ]);
    consumers.start();
    await fly(newSubject(), 1);
    await expect.poll(() => seen).toMatchObject([{ type: taskFlown.type, data: { height: 3 } }]);
    expect(await parked()).toEqual([]);
  });

  it('stays with its source where more are kept than there is room for, and is lost nowhere', async () => {
    const subjects = Array.from({ length: 6 }, newSubject);
    const logger = recordingLogger();
    const old = consumersOf(platform, [created], { logger, maxUnknown: 4, limit: 1 });
    for (const subject of subjects) await fly(subject, 1);
    old.start();
    await expect.poll(parked).toHaveLength(4);
    await expect
      .poll(() => logger.lines)
      .toContainEqual(
        expect.objectContaining({
          message: 'event source interrupted',
          fields: expect.objectContaining({ err: expect.objectContaining({ name: 'TooManyUnknownError' }) }),
        }),
      );
    expect(await parked()).toHaveLength(4);
    await old.stop();
    upgrade(taskFlown);
    consumersOf(platform, [on(taskFlown, writeEffect)]).start();
    await expect.poll(applied).toEqual(subjects.map((subject) => `${subject} 1`));
  });
});

describe('an event with a value that came with a later release', () => {
  it('is kept with what follows on its subject, and applied in order by the release that knows it', async () => {
    const [paused, other] = [newSubject(), newSubject()];
    const old = consumersOf(platform, [created]);
    old.start();
    await tell(taskCreated, paused, 1, { ...task(paused, 1).data, status: 'paused' });
    await publishTask(projects(), paused, 2);
    await publishTask(projects(), other, 1);
    await expect.poll(applied).toEqual([`${other} 1`]);
    await expect.poll(parked).toEqual(['invalid', 'behind']);
    await old.stop();
    upgrade(laterTaskCreated);
    consumersOf(platform, [on(laterTaskCreated, writeEffect)]).start();
    await expect.poll(applied).toEqual([`${other} 1`, `${paused} 1`, `${paused} 2`]);
    expect(await parked()).toEqual([]);
  });

  it('whose handler fails then is parked for a person, and not tried again and again', async () => {
    const subject = newSubject();
    const old = consumersOf(platform, [created]);
    old.start();
    await fly(subject, 1);
    await expect.poll(parked).toEqual(['unknown']);
    await old.stop();
    upgrade(taskFlown);
    const failing = on(taskFlown, async () => {
      throw new Error('broken');
    });
    consumersOf(platform, [failing]).start();
    await expect.poll(parked).toEqual(['failed']);
  });
});
