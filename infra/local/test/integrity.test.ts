import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
/** As old as this file's run, so that whoever registers in it is younger. */
const oldIds = Array.from({ length: 20 }, () => newId());
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

const commandFolder = () => join(folder, 'nowhere');

/** What the command has exported so far. */
function exportedRows(): { service: string; aggregate: string; table: string; row: { id: string } }[] {
  const exports = join(commandFolder(), 'integrity');
  return readdirSync(exports).flatMap((file) => {
    expect(statSync(join(exports, file)).mode & 0o777).toBe(0o600);
    const lines = readFileSync(join(exports, file), 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line));
  });
}

/** The command itself, as a process of its own. */
function command(args: string[], environment: Record<string, string> = surroundings()): Promise<Outcome> {
  const source = [
    join(import.meta.dirname, 'run-source.mjs'),
    join(import.meta.dirname, '../src/integrity.ts'),
  ];
  return new Promise((done) => {
    const env = { PATH: process.env.PATH, HIVESYNC_DATA_DIR: commandFolder(), ...environment };
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
  const ghost = oldIds.pop()!;
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
    expect(found.stdout).toMatch(new RegExp(`^${kind}  `, 'm'));
  }
  expect(found.stdout).toMatch(/: 4 rows wrong\. Nothing was changed\. .*npm run integrity -- --repair\n$/);
  expect(found.stdout).toMatch(/^NOT DELETED: 1 id is unknown to/m);

  const json = await command(['--json', '--grace', '1', '--aggregate', 'identity.user']);
  expect(json.code).toBe(1);
  const report = JSON.parse(json.stdout);
  expect(report).toMatchObject({
    found: 4,
    repaired: 0,
    findings: wrong(ghost, 0),
    deletions: [{ service: 'projects', aggregate: 'identity.user', id: ghost, set_back: false }],
  });
  expect(report.findings).toHaveLength(4);
  expect(report.examined).toBeGreaterThan(4);

  const written = await command(['--repair', '--grace', '1']);
  expect(written.code).toBe(1);
  expect(written.stdout).toMatch(/: 4 rows wrong, 2 repaired, 2 left\./);
  expect(written.stdout).toMatch(/gone for good: --repair --max-deletions 1$/m);
  expect(written.stdout).toMatch(
    /^ {2}npm run events:replay -- --service projects --source identity --yes$/m,
  );
  expect(await query(owner, 'select id from team_members where user_id = $1', [ghost])).toHaveLength(1);

  const repaired = await command(['--repair', '--grace', '1', '--max-deletions', '1']);
  expect(repaired.code).toBe(0);
  expect(repaired.stdout).toMatch(/^projects +team_members\.user_id +dangling +1 +1 /m);
  expect(repaired.stdout).toMatch(/: 2 rows wrong, all repaired\./);
  expect(repaired.stdout).toContain(`The rows of what was deleted are in ${commandFolder()}`);
  expect(exportedRows()).toMatchObject([
    { service: 'projects', aggregate: 'identity.user', table: 'user_refs', row: { id: ghost } },
    { service: 'projects', table: 'team_members', row: { project_id: project, user_id: ghost } },
  ]);

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

test('what an owner lost by being set back stays, whatever an operator allows', async () => {
  // As the others remember whom identity had after its backup was taken.
  const lost = Array.from({ length: 12 }, () => newId());
  const older = oldIds.splice(0, 2);
  await query(owner, 'insert into user_refs (id, version) select id, 1 from unnest($1::uuid[]) as id', [
    [...lost, ...older],
  ]);
  const member = 'insert into team_members (id, project_id, user_id) values ($1, $2, $3)';
  await query(owner, member, [newId(), project, lost[0]]);
  await query(owner, member, [newId(), project, older[0]]);
  const gone = async () => {
    const found = `select id from user_refs where id = any($1::uuid[]) and state = 'deleted' order by id`;
    return (await query<{ id: string }>(owner, found, [[...lost, ...older]])).map(({ id }) => id);
  };

  const tooFew = await command(['--repair', '--grace', '1', '--max-deletions', '1']);
  expect(tooFew).toMatchObject({ code: 1, stderr: '' });
  expect(tooFew.stdout).toMatch(
    /^REFUSED: 12 ids are younger than everything that identity has, which was probably restored/m,
  );
  expect(tooFew.stdout).toMatch(/gone for good: --repair --max-deletions 2$/m);
  expect(tooFew.stdout).toMatch(/: 16 rows wrong, 0 repaired, 16 left\./);
  const asked = await call('POST', '/api/v1/admin/integrity/repair', {
    token: admin,
    body: { grace_seconds: 1 },
  });
  expect(asked).toMatchObject({ status: 200, body: { deletions: 14 } });
  expect(await gone()).toEqual([]);

  const told = await command(['--repair', '--grace', '1', '--max-deletions', '100', '--json']);
  expect(told.code).toBe(1);
  const report = JSON.parse(told.stdout);
  expect(report).toMatchObject({ found: 16, repaired: 3 });
  expect(report.deletions.map(({ id }: { id: string }) => id).sort()).toEqual(lost.toSorted());
  expect(await gone()).toEqual(older.toSorted());
  expect(await query(owner, 'select id from team_members where user_id = $1', [lost[0]])).toHaveLength(1);

  const export_ = join(commandFolder(), 'again.ndjson');
  const younger = { email: 'dave@example.com', password, display_name: 'Dave' };
  expect((await call('POST', '/api/v1/auth/register', { body: younger })).status).toBe(201);
  await vi.waitFor(async () => {
    expect(await query(owner, `select id from user_refs where display_name = 'Dave'`)).toHaveLength(1);
  }, 10_000);
  writeFileSync(export_, 'of somebody else');
  const taken = await command(['--repair', '--grace', '1', '--max-deletions', '12', '--export', export_]);
  expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining('EEXIST') });
  expect(await gone()).toEqual(older.toSorted());
  rmSync(export_);
  const done = await command(['--repair', '--grace', '1', '--max-deletions', '12', '--export', export_]);
  expect(done.code).toBe(0);
  expect(await gone()).toHaveLength(14);
  expect(readFileSync(export_, 'utf8').trimEnd().split('\n')).toHaveLength(13);
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
  const items = wrong(ghost, 1).sample.map((finding: { kind: string }) => ({
    ...finding,
    repaired: finding.kind === 'dangling' ? 0 : 1,
  }));
  expect(repaired).toMatchObject({
    status: 200,
    body: { items: expect.arrayContaining(items), deletions: 1, next_cursor: null },
  });
  await integrity({ repair: true, maxDeletions: 1, exportTo: join(folder, 'by-hand.ndjson') });
  const after = await call('GET', `${path}?grace_seconds=10`, { token: admin });
  expect(after.body).toMatchObject({ items: [], next_cursor: null });

  await vi.waitFor(async () => {
    const log = await call('GET', '/api/v1/admin/audit-logs?event_type=audit.integrity.audited', {
      token: admin,
    });
    expect(log.body.items.map(({ data_json }) => data_json)).toMatchObject([
      { repair: false, found: 0 },
      { repair: true, found: 4, repaired: 2 },
      { repair: false, found: 4, repaired: 0 },
      { repair: true, found: 16, repaired: 0 },
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
    /--max-deletions must be 0 to 100000/,
    /--repare/,
  ];
  for (const [at, { code, stdout, stderr }] of outcomes.entries()) {
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(says[at] ?? /^$/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  }
}, 180_000);
