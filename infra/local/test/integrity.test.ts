import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  appRole,
  createDataSource,
  type DataSource,
  newId,
  ownerRole,
  query,
  roleUrl,
} from '@hivesync/database';
import { createAdmin, database as identity } from '@hivesync/identity';
import { database as projects } from '@hivesync/projects/database';
import { bareDatabase } from '@hivesync/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { exitCodeOf, type IntegrityOptions, reachPlatform, runIntegrity } from '../src/integrity-run.ts';
import { type Platform, startPlatform } from '../src/platform.ts';
import type { Ports } from '../src/ports.ts';
import { freePorts } from './free-ports.ts';

const password = 'correct horse battery staple';
const people = ['admin@example.com', 'alice@example.com', 'bob@example.com', 'carol@example.com'];

let folder: string;
let ports: Ports;
let platform: Platform;
let owner: DataSource;
let admin: string;
let project: string;
let [alice, bob, carol]: string[] = [];

/** What of the answers is read here. */
interface Answer {
  access_token: string;
  id: string;
  code?: string;
  items: { data_json: object }[];
}

async function call(
  method: string,
  path: string,
  { token = '', body }: { token?: string; body?: object } = {},
) {
  const answer = await fetch(new URL(path, platform.url), {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Answer };
}

/** How to reach the platform, which does not run at the usual ports. */
function surroundings() {
  const { service_keys } = JSON.parse(readFileSync(join(folder, 'secrets.json'), 'utf8'));
  const { gateway: _, ...services } = ports;
  const urls = Object.entries(services).map(([name, port]) => [name, `http://127.0.0.1:${port}`]);
  return {
    SERVICE_URLS: JSON.stringify(Object.fromEntries(urls)),
    SERVICE_PRIVATE_KEY: service_keys.audit,
  };
}

/** What the command does, in this process. */
const integrity = (options: Partial<IntegrityOptions> = {}) =>
  runIntegrity(reachPlatform(surroundings(), folder), {
    repair: false,
    grace: 1,
    ...options,
  });

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** The command itself, as a process of its own. */
function command(args: string[], environment: Record<string, string> = surroundings()): Promise<Outcome> {
  const source = [
    join(import.meta.dirname, 'run-source.mjs'),
    join(import.meta.dirname, '../src/integrity.ts'),
  ];
  return new Promise((done) => {
    const env = { PATH: process.env.PATH, HIVESYNC_DATA_DIR: join(folder, 'nowhere'), ...environment };
    const child = execFile(process.execPath, [...source, ...args], { env }, (_error, stdout, stderr) =>
      done({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hivesync-integrity-'));
  const server = await bareDatabase();
  // Roles belong to the whole server, which other test files share: their passwords must stay as they are.
  writeFileSync(join(folder, 'secrets.json'), JSON.stringify({ role_secret: server.roleSecret }));
  ports = await freePorts();
  platform = await startPlatform({
    ports,
    dataFolder: folder,
    serverUrl: server.adminUrl,
    logLevel: 'silent',
  });
  const as = (role: string) => roleUrl(platform.databaseUrl, role, platform.roleSecret);
  const users = await createDataSource(identity, as(appRole('identity')), { poolSize: 1 }).initialize();
  for (const email of people.slice(1)) {
    const body = { email, password, display_name: email };
    expect(await call('POST', '/api/v1/auth/register', { body })).toMatchObject({ status: 201 });
  }
  const [first = ''] = people;
  await createAdmin(users, { email: first, password });
  const found = await query<{ id: string }>(users, 'select id from users where email <> $1 order by email', [
    first,
  ]);
  [alice, bob, carol] = found.map(({ id }) => id);
  await users.destroy();
  admin = (await call('POST', '/api/v1/auth/login', { body: { email: first, password } })).body.access_token;
  const login = await call('POST', '/api/v1/auth/login', { body: { email: people[1], password } });
  const made = await call('POST', '/api/v1/projects', {
    token: login.body.access_token,
    body: { name: 'Atlas' },
  });
  project = made.body.id;
  owner = await createDataSource(projects, as(ownerRole('projects')), { poolSize: 1 }).initialize();
}, 120_000);
afterAll(async () => {
  await owner?.destroy();
  await platform?.stop();
  rmSync(folder, { recursive: true });
});

/** As the owner role: a member who does not exist, a wrong name, a row that is gone. */
async function harm(): Promise<string> {
  const ghost = newId();
  await query(owner, `insert into user_refs (id, version, display_name) values ($1, 1, 'Ghost')`, [ghost]);
  await query(owner, 'insert into team_members (id, project_id, user_id) values ($1, $2, $3)', [
    newId(),
    project,
    ghost,
  ]);
  await query(owner, `update user_refs set display_name = 'Bobby' where id = $1`, [bob]);
  await query(owner, 'delete from user_refs where id = $1', [carol]);
  return ghost;
}
const wrong = (ghost: string, repaired: 0 | 1) => {
  const finding = { service: 'projects', aggregate: 'identity.user', count: 1, repaired };
  return expect.arrayContaining([
    { ...finding, kind: 'dangling', column: 'user_refs.id', samples: [ghost] },
    { ...finding, kind: 'dangling', column: 'team_members.user_id', samples: [ghost] },
    { ...finding, kind: 'stale', column: 'user_refs.display_name', samples: [bob] },
    { ...finding, kind: 'missing', column: 'user_refs.id', samples: [carol] },
  ]);
};

test('a platform that nobody harmed is in order', async () => {
  await vi.waitFor(async () => {
    const met = await query(owner, 'select id from user_refs where id = any($1::uuid[])', [
      [alice, bob, carol],
    ]);
    expect(met).toHaveLength(3);
  }, 10_000);
  const report = await integrity({ grace: 10 });
  expect(report.findings).toEqual([]);
  expect(report.examined).toBeGreaterThanOrEqual(4 * 4);
  expect(exitCodeOf(report)).toBe(0);
});

test('the command names what is wrong and exits 1, repairs it and exits 0, and then finds nothing', async () => {
  const ghost = await harm();
  const found = await command(['--grace', '1']);
  expect(found.stderr).toBe('');
  expect(found.code).toBe(1);
  for (const [column, kind, id] of [
    ['user_refs.id', 'dangling', ghost],
    ['team_members.user_id', 'dangling', ghost],
    ['user_refs.display_name', 'stale', bob],
    ['user_refs.id', 'missing', carol],
  ]) {
    expect(found.stdout).toMatch(
      new RegExp(`^projects +${column} +${kind} +1 +0 +identity\\.user +${id}$`, 'm'),
    );
    expect(found.stdout).toMatch(new RegExp(`^${kind} +.*--repair`, 'm'));
  }
  expect(found.stdout).toMatch(/: 4 rows wrong\. Nothing was changed\. .*npm run integrity -- --repair\n$/);

  const json = await command(['--json', '--grace', '1', '--aggregate', 'identity.user']);
  expect(json.code).toBe(1);
  const report = JSON.parse(json.stdout);
  expect(report).toMatchObject({ found: 4, repaired: 0, findings: wrong(ghost, 0) });
  expect(report.findings).toHaveLength(4);
  expect(report.examined).toBeGreaterThan(4);

  const cautious = await command(['--repair', '--grace', '1', '--max-deletions', '0', '--json']);
  expect(cautious.code).toBe(1);
  expect(JSON.parse(cautious.stdout)).toMatchObject({ found: 4, repaired: 2 });

  const repaired = await command(['--repair', '--grace', '1']);
  expect(repaired.code).toBe(0);
  expect(repaired.stdout).toMatch(/^projects +team_members\.user_id +dangling +1 +1 /m);
  expect(repaired.stdout).toMatch(/: 2 rows wrong, all repaired\./);

  await vi.waitFor(async () => {
    expect(await query(owner, 'select id from team_members where user_id = $1', [ghost])).toEqual([]);
  }, 10_000);
  const names = await query(
    owner,
    'select id, display_name from user_refs where id = any($1::uuid[]) order by id',
    [[bob, carol]],
  );
  expect(names).toEqual([
    { id: bob, display_name: people[2] },
    { id: carol, display_name: people[3] },
  ]);
  const after = await command(['--grace', '10']);
  expect(after).toMatchObject({ code: 0, stderr: '' });
  expect(after.stdout).toMatch(/^\d+ references looked at in [\d.]+ s: nothing is wrong\.\n$/);
}, 180_000);

test('an owner that does not know most of what others know is not believed, unless an operator says so', async () => {
  const ghosts = Array.from({ length: 12 }, () => newId());
  await query(owner, 'insert into user_refs (id, version) select id, 1 from unnest($1::uuid[]) as id', [
    ghosts,
  ]);
  await query(owner, 'insert into team_members (id, project_id, user_id) values ($1, $2, $3)', [
    newId(),
    project,
    ghosts[0],
  ]);
  const gone = () =>
    query(owner, `select id from user_refs where id = any($1::uuid[]) and state = 'deleted'`, [ghosts]);
  const [tally] = (await integrity()).refused;
  const of = tally?.of ?? 0;
  expect(tally).toMatchObject({ service: 'projects', column: 'user_refs.id', unknown: 12 });

  const refused = await command(['--repair', '--grace', '1']);
  expect(refused).toMatchObject({ code: 1, stderr: '' });
  expect(refused.stdout).toMatch(/^REFUSED: --repair deletes nothing of these/m);
  expect(refused.stdout).toContain(`  identity.user: 12 of the ${of} in projects.user_refs.id\n`);
  expect(refused.stdout).toMatch(/: identity was restored from an older state, or has the wrong database\./);
  expect(refused.stdout).toMatch(/gone for good: --repair --max-deletions 12 or more/);
  expect(refused.stdout).toMatch(/: 13 rows wrong, 0 repaired, 13 left\./);
  const json = await command(['--repair', '--grace', '1', '--json']);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({ repaired: 0, unknown: 12, refused: [{ unknown: 12, of }] });
  const asked = await call('POST', '/api/v1/admin/integrity/repair', {
    token: admin,
    body: { grace_seconds: 1 },
  });
  expect(asked).toMatchObject({ status: 200, body: { refused: [{ unknown: 12, of, refused: true }] } });
  expect(await gone()).toEqual([]);

  const told = await command(['--repair', '--grace', '1', '--max-deletions', '12']);
  expect(told.code).toBe(0);
  expect(told.stdout).not.toContain('REFUSED');
  expect(await gone()).toHaveLength(12);
  await vi.waitFor(async () => {
    expect(await query(owner, 'select id from team_members where user_id = $1', [ghosts[0]])).toEqual([]);
  }, 10_000);
}, 180_000);

test('administrators have the same through the gateway, and it is in the log', async () => {
  const ghost = await harm();
  const path = '/api/v1/admin/integrity';
  expect((await call('GET', path)).status).toBe(401);
  const found = await call('GET', `${path}?grace_seconds=1`, { token: admin });
  expect(found).toMatchObject({ status: 200, body: { items: wrong(ghost, 0), next_cursor: null } });
  expect((await call('GET', `${path}?cursor=bm8`, { token: admin })).body.code).toBe('MALFORMED_CURSOR');

  const body = { grace_seconds: 1 };
  const repaired = await call('POST', `${path}/repair`, { token: admin, body });
  expect(repaired).toMatchObject({ status: 200, body: { items: wrong(ghost, 1), next_cursor: null } });
  const after = await call('GET', `${path}?grace_seconds=10`, { token: admin });
  expect(after.body).toMatchObject({ items: [], next_cursor: null });

  await vi.waitFor(async () => {
    const log = await call('GET', '/api/v1/admin/audit-logs?event_type=audit.integrity.audited', {
      token: admin,
    });
    expect(log.body.items.map(({ data_json }) => data_json)).toMatchObject([
      { repair: false, found: 0 },
      { repair: true, found: 4, repaired: 4 },
      { repair: false, found: 4, repaired: 0 },
      { repair: true, found: 13, repaired: 0 },
    ]);
  }, 10_000);
});

test('what cannot be run says why, and exits 2', async () => {
  const urls: Record<string, string> = JSON.parse(surroundings().SERVICE_URLS);
  const away = JSON.stringify({ ...urls, billing: 'http://127.0.0.1:9' });
  const outcomes = await Promise.all([
    command([], {}),
    command([], { ...surroundings(), SERVICE_URLS: away }),
    command(['--grace', '1000']),
    command(['--aggregate', 'users']),
    command(['--max-deletions', 'many']),
    command(['--repare']),
  ]);
  const says = [
    /start the platform first/,
    /^The billing service is not reachable\. .*(127\.0\.0\.1:9|bad port)/,
    /--grace must be 0 to 90 seconds/,
    /--aggregate must be one of identity\.user/,
    /--max-deletions must be 0 to 1000000/,
    /--repare/,
  ];
  for (const [at, { code, stdout, stderr }] of outcomes.entries()) {
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says[at] ?? /^$/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  }
}, 180_000);
