/** The projects service is killed again and again while it carries the deletion of an account out. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../src/platform.ts';

const [own, shared] = [2_000, 1_000];
const password = 'correct horse battery staple';
let folder: string;
let platform: Platform;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hivesync-killed-'));
  platform = await startPlatform(folder);
}, 300_000);
afterAll(async () => {
  await platform.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

interface Report {
  completed_at: string | null;
  services: { service: string; removed: Record<string, number> }[];
}

async function call<Answer = Record<string, string>>(
  method: string,
  path: string,
  body: object | null,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(`${platform.services.identity.url}${path}`, {
    method,
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as Answer;
}

async function register(name: string): Promise<string> {
  const email = `${name}@example.com`;
  const { id } = await call('POST', '/api/v1/auth/register', { email, password, display_name: name });
  const met = () => platform.postgres.query(`select from projects.user_refs where id = $1`, [id]);
  await expect.poll(async () => (await met()).length, { timeout: 20_000 }).toBe(1);
  return id!;
}

/** A project with tasks that the leaver made and is assigned to, and a comment on each. */
async function fill(owner: string, leaver: string, tasks: number): Promise<void> {
  await platform.postgres.query(
    `with project as (
       insert into projects.projects (id, owner_id, name, task_counter)
       values (gen_random_uuid(), $1, 'Of tasks', $3)
       returning id
     )
     insert into projects.team_members (id, project_id, user_id)
     select gen_random_uuid(), id, member
       from project
       cross join (select distinct unnest(array[$1::uuid, $2::uuid]) as member) as members`,
    [owner, leaver, tasks],
  );
  await platform.postgres.query(
    `insert into projects.tasks (id, project_id, number, title, assignee_id, created_by)
     select gen_random_uuid(), id, n, 'Task ' || n, $2, $2
       from projects.projects
       cross join generate_series(1, $3::integer) as n
      where owner_id = $1`,
    [owner, leaver, tasks],
  );
  await platform.postgres.query(
    `insert into projects.comments (id, project_id, entity_type, entity_id, author_id, body)
     select gen_random_uuid(), project_id, 'task', tasks.id, $2, 'Said'
       from projects.tasks
       join projects.projects on projects.id = tasks.project_id
      where owner_id = $1`,
    [owner, leaver],
  );
}

async function progress(leaver: string): Promise<{ batches: number; done: boolean }> {
  const [sweep] = await platform.postgres.query<{ batches: number; done: boolean }>(
    `select batches, completed_at is not null as done
       from projects.reference_sweeps
      where aggregate = 'identity.user'
        and subject = $1`,
    [leaver],
  );
  return sweep ?? { batches: 0, done: false };
}

test('it goes on where it was, and counts each row once', async () => {
  const { projects } = platform.services;
  const [owner, leaver] = [await register('owner'), await register('leaver')];
  await fill(owner, leaver, shared);
  await fill(leaver, leaver, own);
  const login = await call('POST', '/api/v1/auth/login', { email: 'leaver@example.com', password });
  const left = await call(
    'POST',
    '/api/v1/me/deletion',
    { password },
    { authorization: `Bearer ${login.access_token}` },
  );
  expect(left.report_url).toBeDefined();

  const killedAfter: number[] = [];
  for (let seen = await progress(leaver); !seen.done; seen = await progress(leaver)) {
    // As soon as it has done more than when it was killed last, at another moment of a batch each time.
    if (seen.batches > (killedAfter.at(-1) ?? 0)) {
      await sleep((killedAfter.length * 7) % 40);
      await projects.kill();
      killedAfter.push((await progress(leaver)).batches);
      projects.start();
    }
    await sleep(5);
  }
  expect(killedAfter.length).toBeGreaterThanOrEqual(3);

  const report = () => call<Report>('GET', left.report_url!, null, { 'x-deletion-receipt': left.receipt! });
  await expect
    .poll(async () => (await report()).completed_at, { timeout: 30_000, interval: 200 })
    .not.toBeNull();
  const { services } = await report();
  expect(services.find(({ service }) => service === 'projects')?.removed).toEqual({
    projects: 1,
    tasks: own,
    comments: own,
    team_members: 1,
    'tasks.assignee_id': shared,
    'team_members.user_id': 1,
  });
  const remaining = await platform.postgres.query(
    `select
       (select count(*)::integer from projects.projects) as projects,
       (select count(*)::integer from projects.tasks) as tasks,
       (select count(*)::integer from projects.tasks where assignee_id is not null) as assigned,
       (select count(*)::integer from projects.comments) as comments,
       (select count(*)::integer from projects.team_members) as members`,
  );
  expect(remaining).toEqual([{ projects: 1, tasks: shared, assigned: 0, comments: shared, members: 1 }]);
  console.log(`killed ${killedAfter.length} times, after ${killedAfter.join(', ')} batches`);
}, 300_000);
