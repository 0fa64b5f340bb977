import {
  memberJoined,
  memberLeft,
  nodeEnrolled,
  nodeRetired,
  type ProjectId,
  projectCreated,
  projectDeleted,
  referenceSwept,
  type TeamMemberId,
  type UserId,
  userDeleted,
  userRegistered,
  type WorkerNodeId,
} from '@hivesync/contracts';
import { type DataSource, newId, query, transaction } from '@hivesync/database';
import { Consumers, parkedEvents, publish, replay, sweepAll } from '@hivesync/events';
import { neighbour, silentLogger, testDatabase } from '@hivesync/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { database } from '../src/database/data-source.ts';
import { isMember } from '../src/members/project-member.repository.ts';
import { subscriptions } from '../src/subscriptions.ts';

let previews: DataSource;
let identity: DataSource;
let projects: DataSource;
let workers: DataSource;
let consumers: Consumers;

beforeAll(async () => {
  const server = await testDatabase();
  const others = [
    await neighbour(server, 'identity'),
    await neighbour(server, 'projects'),
    await neighbour(server, 'workers'),
  ] as const;
  [identity, projects, workers] = [others[0].outbox, others[1].outbox, others[2].outbox];
  previews = await server.dataSource(database, { poolSize: 8 });
  consumers = new Consumers({
    dataSource: previews,
    subscriptions,
    sources: others.map(({ feed }) => feed),
    logger: silentLogger,
  });
  consumers.start();
});

afterAll(() => consumers.stop());

const person = { display_name: 'Alice', avatar_url: null, tier: 'free' } as const;

const register = (user: UserId) =>
  transaction(identity, (tx) => publish(tx, userRegistered, { subject: user, version: 1, data: person }));

const createProject = (project: ProjectId, owner: UserId) =>
  transaction(projects, (tx) =>
    publish(tx, projectCreated, { subject: project, version: 1, data: { name: 'Hive', owner_id: owner } }),
  );

const membership = (project: ProjectId, user: UserId) => ({
  project_id: project,
  project_name: 'Hive',
  owner_id: user,
  user_id: user,
  role: 'member' as const,
});

const join = (member: TeamMemberId, project: ProjectId, user: UserId) =>
  transaction(projects, (tx) =>
    publish(tx, memberJoined, {
      subject: member,
      version: 1,
      data: membership(project, user),
    }),
  );

const leave = (member: TeamMemberId, project: ProjectId, user: UserId) =>
  transaction(projects, (tx) =>
    publish(tx, memberLeft, {
      subject: member,
      version: 2,
      data: membership(project, user),
    }),
  );

const eventually = (assertion: () => Promise<void>) =>
  vi.waitFor(assertion, { timeout: 10_000, interval: 20 });

const cursor = async (source: string) => {
  const [row] = await query<{ cursor: string | null }>(
    previews,
    'select cursor from event_cursors where source = $1',
    [source],
  );
  return row?.cursor ?? null;
};

const members = (project: ProjectId) =>
  query<{ id: string }>(previews, 'select id from project_members where project_id = $1', [project]);

test('a membership is kept, also of a user whom nobody has told of yet', async () => {
  const [project, user] = [newId<ProjectId>(), newId<UserId>()];
  await createProject(project, user);
  await join(newId<TeamMemberId>(), project, user);
  await eventually(async () => expect(await isMember(previews, project, user)).toBe(true));

  await register(user);
  await eventually(async () => {
    const [ref] = await query<object>(previews, 'select display_name, version from user_refs where id = $1', [
      user,
    ]);
    expect(ref).toEqual({ display_name: 'Alice', version: 1 });
  });
});

test('who leaves is no member, and who comes back is one by the new membership', async () => {
  const [project, user] = [newId<ProjectId>(), newId<UserId>()];
  const [first, second] = [newId<TeamMemberId>(), newId<TeamMemberId>()];
  await createProject(project, newId<UserId>());
  await join(first, project, user);
  await leave(first, project, user);
  await join(second, project, user);
  await eventually(async () => expect(await members(project)).toEqual([{ id: second }]));

  await leave(second, project, user);
  await eventually(async () => expect(await members(project)).toEqual([]));
});

test('a replay from the beginning ends where it began', async () => {
  const [project, user] = [newId<ProjectId>(), newId<UserId>()];
  const [gone, kept] = [newId<TeamMemberId>(), newId<TeamMemberId>()];
  await createProject(project, user);
  await join(gone, project, user);
  await leave(gone, project, user);
  await join(kept, project, user);
  await eventually(async () => expect(await members(project)).toEqual([{ id: kept }]));
  const all = 'select id, project_id, user_id, role from project_members order by id';
  const before = await query<object>(previews, all);

  const end = await cursor('projects');

  await replay(previews, 'projects');
  expect(await cursor('projects')).toBeNull();
  await eventually(async () => expect(await cursor('projects')).toBe(end));
  expect(await query<object>(previews, all)).toEqual(before);
});

test('a membership of a user who is already deleted is not kept and parks nothing', async () => {
  const [project, user] = [newId<ProjectId>(), newId<UserId>()];
  await transaction(identity, (tx) => publish(tx, userDeleted, { subject: user, version: 2, data: {} }));
  await eventually(async () => {
    const [ref] = await query<object>(previews, 'select state from user_refs where id = $1', [user]);
    expect(ref).toEqual({ state: 'deleted' });
  });
  const marker = newId<ProjectId>();
  await createProject(project, newId<UserId>());
  await join(newId<TeamMemberId>(), project, user);
  await createProject(marker, newId<UserId>());
  await eventually(async () =>
    expect(await query<object>(previews, 'select id from project_refs where id = $1', [marker])).toHaveLength(
      1,
    ),
  );
  expect(await members(project)).toEqual([]);
  expect(await query<object>(previews, 'select * from parked_events')).toEqual([]);
});

async function writeJob(project: ProjectId, user: UserId, worker: WorkerNodeId | null): Promise<string> {
  const job = newId();
  await query(
    previews,
    `insert into preview_jobs (id, project_id, requested_by, tier, device_type, worker_id)
     values ($1, $2, $3, 'free', 'ipad', $4)`,
    [job, project, user, worker],
  );
  await query(
    previews,
    `insert into preview_artifacts (id, job_id, r2_key)
     values ($1, $2, 'previews/x/y/layout.json')`,
    [newId(), job],
  );
  return job;
}

test('jobs go with their project; they stay without their requester and worker', async () => {
  const [project, other, user] = [newId<ProjectId>(), newId<ProjectId>(), newId<UserId>()];
  const worker = newId<WorkerNodeId>();
  await register(user);
  await createProject(project, user);
  await createProject(other, user);
  await transaction(workers, (tx) =>
    publish(tx, nodeEnrolled, { subject: worker, version: 1, data: { name: 'gpu-1', type: 'gpu' } }),
  );
  await eventually(async () => {
    const met = await query<{ id: string }>(
      previews,
      `select id from user_refs where id = $1
       union all select id from project_refs where id in ($2, $3)
       union all select id from worker_refs where id = $4`,
      [user, project, other, worker],
    );
    expect(met).toHaveLength(4);
  });
  const doomed = await writeJob(project, user, worker);
  const kept = await writeJob(other, user, worker);

  await transaction(projects, (tx) =>
    publish(tx, projectDeleted, { subject: project, version: 2, data: {} }),
  );
  await transaction(identity, (tx) => publish(tx, userDeleted, { subject: user, version: 2, data: {} }));
  await transaction(workers, (tx) => publish(tx, nodeRetired, { subject: worker, version: 2, data: {} }));
  await eventually(async () => {
    const dead = await query<object>(
      previews,
      `select id from user_refs where id = $1 and state = 'deleted' and display_name is null
       union all select id from project_refs where id = $2 and state = 'deleted'
       union all select id from worker_refs where id = $3 and state = 'deleted'`,
      [user, project, worker],
    );
    expect(dead).toHaveLength(3);
  });
  await query(
    previews,
    `insert into preview_artifacts (id, job_id, r2_key)
     values ($1, $2, 'previews/x/y/icon.png')`,
    [newId(), doomed],
  );
  await sweepAll(previews, database, { limit: 1 });
  const [swept] = await query<{ data: object }>(
    previews,
    'select data from outbox where type = $1 and subject = $2',
    [referenceSwept('previews').type, project],
  );
  expect(swept?.data).toMatchObject({
    aggregate: 'projects.project',
    removed: { preview_artifacts: 2, preview_jobs: 1 },
  });
  const jobs = 'select id, requested_by, worker_id from preview_jobs where id in ($1, $2)';
  expect(await query<object>(previews, jobs, [doomed, kept])).toEqual([
    { id: kept, requested_by: user, worker_id: worker },
  ]);
  const artifacts = 'select job_id from preview_artifacts where job_id in ($1, $2)';
  expect(await query<object>(previews, artifacts, [doomed, kept])).toEqual([{ job_id: kept }]);

  await expect(writeJob(project, user, null)).rejects.toMatchObject({ driverError: { code: '23503' } });
});

test('a person is not deleted by what another service says in the name of identity', async () => {
  const user = newId<UserId>();
  await register(user);
  const known = () => query(previews, 'select deleted_at from user_refs where id = $1', [user]);
  await vi.waitFor(async () => expect(await known()).toHaveLength(1), { timeout: 10_000 });
  await query(
    projects,
    `insert into outbox (id, type, aggregate, subject, aggregate_version, data)
     values ($1, 'identity.user.deleted', 'identity.user', $2, 2, '{}')`,
    [newId(), user],
  );
  await vi.waitFor(
    async () =>
      expect(await parkedEvents(previews, { subject: user })).toMatchObject([
        { source: 'projects', type: 'identity.user.deleted', reason: 'invalid' },
      ]),
    { timeout: 10_000 },
  );
  expect(await known()).toEqual([{ deleted_at: null }]);
});
