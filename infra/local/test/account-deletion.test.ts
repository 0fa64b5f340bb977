/**
 * Somebody leaves who owned, was a member, was assigned, commented, had jobs and a subscription. The report becomes
 * complete, and no table of any service knows more of them than what is to be kept.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { serviceNames } from '@hivesync/contracts';
import { newId } from '@hivesync/database';
import { bareDatabase, type TestDatabase } from '@hivesync/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type LemonSqueezyServer,
  startLemonSqueezy,
} from '../../../services/billing/test/provider/lemon-squeezy-server.ts';
import { mailedToken } from '../src/mailbox.ts';
import { mailFolderIn, type Platform, startPlatform } from '../src/platform.ts';
import { freePorts } from './free-ports.ts';

let folder: string;
let server: TestDatabase;
let platform: Platform;
let provider: LemonSqueezyServer;
const password = 'correct horse battery staple';
const patience = { timeout: 30_000, interval: 100 };

interface Body {
  id: string;
  user_id: string;
  access_token: string;
  receipt: string;
  report_url: string;
  completed_at: string | null;
  refresh_token: string;
  session_id: string;
  services: { service: string; completed_at: string | null; removed: Record<string, number> }[];
  items: { id: string; project: { id: string } }[];
}
type Send = (
  method: string,
  path: string,
  body?: object,
  headers?: Record<string, string>,
) => Promise<{ status: number; body: Body }>;

function sender(token?: string): Send {
  return async (method, path, body, headers = {}) => {
    const answer = await fetch(`${platform.url}${path}`, {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (answer.status >= 500) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Body };
  };
}

async function person(email: string, name: string): Promise<{ id: string; token: string; send: Send }> {
  const { body } = await sender()('POST', '/api/v1/auth/register', { email, password, display_name: name });
  const login = await sender()('POST', '/api/v1/auth/login', { email, password });
  const token = login.body.access_token;
  return { id: body.id, token, send: sender(token) };
}

async function start(): Promise<Platform> {
  return startPlatform({
    ports: await freePorts(),
    dataFolder: folder,
    serverUrl: server.adminUrl,
    environment: {
      STRANGER_REQUESTS_PER_MINUTE: '10000',
      TRUSTED_PROXIES: '127.0.0.1',
      LEMONSQUEEZY_API_URL: provider.url,
      LEMONSQUEEZY_API_KEY: provider.apiKey,
    },
    logLevel: 'silent',
  });
}

/** Every service has applied every event, and carried every deletion out. */
async function caughtUp(): Promise<void> {
  const heads = serviceNames.map(
    (service) =>
      `select '${service}' as source, transaction_id || '.' || position as head
         from (select * from ${service}.outbox order by transaction_id desc, position desc limit 1) as last`,
  );
  const cursors = serviceNames.map(
    (service) => `select '${service}' as consumer, source, cursor from ${service}.event_cursors`,
  );
  const sweeps = serviceNames.map(
    (service) =>
      `select '${service}: ' || subject from ${service}.reference_sweeps where completed_at is null`,
  );
  const behind = `
    select reader.consumer || ' of ' || feed.source as behind from (${heads.join(' union all ')}) as feed
      join (${cursors.join(' union all ')}) as reader on reader.source = feed.source
     where reader.cursor is distinct from feed.head
     union all ${sweeps.join(' union all ')}`;
  await expect.poll(() => server.query(behind), patience).toEqual([]);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hivesync-leaving-'));
  server = await bareDatabase();
  writeFileSync(join(folder, 'secrets.json'), JSON.stringify({ role_secret: server.roleSecret }));
  provider = await startLemonSqueezy();
  provider.subscriptions.set('sub_1', 'active');
  platform = await start();
}, 60_000);
afterAll(async () => {
  await platform.stop();
  rmSync(folder, { recursive: true });
});

/** `schema.table` of every table and partition in any schema with a row in which the text occurs, whatever its column. */
async function tablesThatKnow(text: string): Promise<string[]> {
  const tables = await server.query<{ name: string }>(
    `select format('%I.%I', nspname, relname) as name
       from pg_class
       join pg_namespace on pg_namespace.oid = relnamespace
      where nspname <> 'information_schema'
        and nspname !~ '^pg_'
        and relkind in ('r', 'm', 't')
      order by 1`,
  );
  const looks = tables.map(
    ({ name }) =>
      `(select '${name}' as name from ${name} as t where strpos(lower(t::text), lower('${text}')) > 0 limit 1)`,
  );
  const found = await server.query<{ name: string }>(looks.join(' union all '));
  return found.map(({ name }) => name.replace(/_p?\d{4}\w*$/, '')).sort();
}

/** Files of a ZIP, by name: read from its central directory, as an unpacker does. */
function unzip(archive: Buffer): Map<string, string> {
  const files = new Map<string, string>();
  const end = archive.lastIndexOf(Buffer.from('PK\u0005\u0006'));
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [packed, start] = [archive.readUInt32LE(at + 20), archive.readUInt32LE(at + 42)];
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    const data = start + 30 + archive.readUInt16LE(start + 26) + archive.readUInt16LE(start + 28);
    files.set(name, inflateRawSync(archive.subarray(data, data + packed)).toString());
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return files;
}

/** What tells who somebody is or where they were: none of it may be found afterwards. */
const bob = {
  email: 'Bob-Who-Leaves@example.com',
  name: 'Bob Vanisher',
  avatar: 'https://faces.example/vanishing-portrait.png',
  address: '198.51.100.77',
  agent: 'VanishingBrowser/7.1',
  device: 'Vanishing handset',
  preference: 'likes-to-vanish',
};

/** As his client calls, through a proxy that the gateway trusts. */
const fromBob = { 'x-forwarded-for': bob.address, 'user-agent': bob.agent };

test('whoever leaves is forgotten, except for what is to be kept', async () => {
  const stranger = sender();
  const alice = await person('alice@example.com', 'Alice');
  const project = async (name: string, by: Send) => (await by('POST', '/api/v1/projects', { name })).body.id;
  const shared = await project('Shared', alice.send);
  const [early, late] = [await project('Early', alice.send), await project('Late', alice.send)];
  const invite = (to: string, key: string) =>
    alice.send(
      'POST',
      `/api/v1/projects/${to}/invitations`,
      { email: bob.email },
      { 'idempotency-key': key },
    );
  // One that he never hears of, as it is from before he registers, and one that he does not answer.
  expect((await invite(early, 'early')).status).toBe(202);

  const registration = { email: bob.email, password, display_name: bob.name };
  const made = await stranger('POST', '/api/v1/auth/register', registration, {
    ...fromBob,
    'idempotency-key': 'registration',
  });
  const { id } = made.body;
  const logIn = (secret: string) => {
    const device = { name: bob.device, platform: 'linux' };
    const credentials = { email: bob.email, password: secret, device };
    return stranger('POST', '/api/v1/auth/login', credentials, fromBob);
  };
  expect((await logIn('a wrong password')).status).toBe(401);
  const other = (await logIn(password)).body;
  const { access_token: token, session_id: session } = (await logIn(password)).body;
  const send: Send = (method, path, body, headers) =>
    sender(token)(method, path, body, { ...fromBob, ...headers });
  // Refreshed, and the first token shown once more after the second was used: that session ends, with an event.
  const refresh = (refresh_token: string) =>
    stranger('POST', '/api/v1/auth/refresh', { refresh_token }, fromBob);
  const second = (await refresh(other.refresh_token)).body;
  await refresh(second.refresh_token);
  await server.query(`update identity.refresh_tokens set used_at = used_at - interval '1 minute'`);
  expect((await refresh(other.refresh_token)).status).toBe(401);
  await send('PATCH', '/api/v1/me', {
    avatar_url: bob.avatar,
    preferences_json: { [bob.preference]: true },
  });

  const mailed = () => mailedToken(mailFolderIn(folder), bob.email);
  await expect.poll(mailed, patience).toBeDefined();
  expect((await stranger('POST', '/api/v1/auth/verify-email', { token: mailed() }, fromBob)).status).toBe(
    204,
  );
  expect((await invite(shared, 'shared')).status).toBe(202);
  expect((await invite(late, 'late')).status).toBe(202);
  const received = async () =>
    (await send('GET', '/api/v1/invitations')).body.items.find((item) => item.project.id === shared);
  await expect.poll(received, patience).toBeDefined();
  await send('POST', `/api/v1/invitations/${(await received())!.id}/accept`, undefined, {
    'idempotency-key': 'acceptance',
  });

  // Bob is a member of Alice's project, is assigned there, has created, commented and is mentioned.
  const tasks = `/api/v1/projects/${shared}/tasks`;
  const task = (
    await alice.send('POST', tasks, { title: 'For Bob', assignee_id: id }, { 'idempotency-key': 'for bob' })
  ).body.id;
  const byBob = await send('POST', tasks, { title: 'By Bob' }, { 'idempotency-key': 'task' });
  expect(byBob.status).toBe(201);
  const say = (by: Send, body: string) =>
    by('POST', `/api/v1/projects/${shared}/comments`, { entity_type: 'task', entity_id: task, body });
  const comment = await say(send, 'I will do it');
  expect((await say(alice.send, `Thanks, @[${id}]`)).status).toBe(201);
  expect((await send('PUT', `/api/v1/projects/${shared}/favorite`)).status).toBeLessThan(300);
  const label = await send('POST', `/api/v1/projects/${shared}/labels`, { name: 'urgent', color: '#aa0000' });
  expect(label.status).toBe(201);
  await send('PUT', `/api/v1/tasks/${task}/labels/${label.body.id}`);
  // He owns one himself, with tasks.
  const owned = await project('Owned by him', send);
  const tag = { name: 'mobile', color: '#00aa00' };
  expect((await send('POST', `/api/v1/projects/${owned}/tags`, tag)).status).toBe(201);
  const own: string[] = [];
  for (const title of ['One', 'Two', 'Three']) {
    own.push((await send('POST', `/api/v1/projects/${owned}/tasks`, { title })).body.id);
  }
  // He is refused by every service that can refuse.
  const forbidden: [string, string, object?][] = [
    ['GET', '/api/v1/admin/users'],
    ['GET', '/api/v1/admin/workers'],
    ['GET', '/api/v1/admin/audit-logs'],
    ['PUT', '/api/v1/admin/tier-limits/free/projects_owned', { value: 1 }],
    ['POST', `/api/v1/projects/${shared}/deletion`, { confirm: 'Shared' }],
  ];
  const refusals = () => Promise.all(forbidden.map(async (call) => (await send(...call)).status));
  expect(await refusals()).toEqual(forbidden.map(() => 403));
  // What has no public way in yet: jobs in both projects, and a subscription.
  const met = (schema: string) =>
    server.query(`select from ${schema}.user_refs where id = '${id}' and display_name is not null`);
  const projectMet = () =>
    server.query(`select from previews.project_refs where id in ('${shared}', '${owned}')`);
  await expect.poll(async () => (await projectMet()).length, patience).toBe(2);
  for (const schema of ['previews', 'billing', 'audit']) {
    await expect.poll(async () => (await met(schema)).length, patience).toBe(1);
  }
  for (const place of [shared, owned]) {
    await server.query(
      `insert into previews.preview_jobs (id, project_id, requested_by, tier, device_type)
       values ('${newId()}', '${place}', '${id}', 'free', 'iphone')`,
    );
  }
  await server.query(
    `insert into billing.subscriptions (id, user_id, subscription_id, status, tier)
     values ('${newId()}', '${id}', 'sub_1', 'active', 'pro')`,
  );

  const taken = await fetch(`${platform.url}/api/v1/me/export`, {
    headers: { authorization: `Bearer ${token}`, ...fromBob },
  });
  expect([taken.status, taken.headers.get('content-type')]).toEqual([200, 'application/zip']);
  const files = unzip(Buffer.from(await taken.arrayBuffer()));
  expect([...files.keys()]).toEqual(
    expect.arrayContaining([
      'identity/users.jsonl',
      'identity/user_profiles.jsonl',
      'identity/sessions.jsonl',
      'projects/projects.jsonl',
      'projects/tasks.jsonl',
      'projects/comments.jsonl',
      'projects/team_members.jsonl',
      'projects/project_favorites.jsonl',
      'previews/preview_jobs.jsonl',
      'billing/subscriptions.jsonl',
      'audit/audit_logs.jsonl',
    ]),
  );
  const rows = (name: string) =>
    (files.get(name) ?? '')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(rows('identity/users.jsonl')).toEqual([expect.objectContaining({ id, email: bob.email })]);
  // What a task says may be anybody's: the export tells which name him, and how.
  const written = { created_at: expect.any(String), updated_at: expect.any(String) };
  expect(rows('projects/tasks.jsonl')).toEqual([
    { id: task, assignee_id: id, ...written },
    ...[byBob.body.id, ...own].map((made) => ({ id: made, created_by: id, ...written })),
  ]);
  expect([...files.values()].join()).not.toMatch(/password_hash|token_hash|argon2/);
  expect([...files.values()].join()).not.toContain('alice@example.com');

  // The search finds what it looks for while he is there.
  for (const trace of Object.values(bob)) expect(await tablesThatKnow(trace), trace).not.toEqual([]);
  const answersNamingBob = `select key from projects.idempotency_keys where strpos(response::text, '${bob.name}') > 0 and caller = 'user:${alice.id}'`;
  expect(await server.query(answersNamingBob)).toEqual([{ key: 'for bob' }]);
  expect(await tablesThatKnow(bob.address)).toEqual(
    expect.arrayContaining(['identity.outbox', 'projects.outbox', 'workers.outbox', 'billing.outbox']),
  );

  expect((await send('POST', '/api/v1/me/deletion', { password: 'a wrong password' })).status).toBe(401);
  const left = await send('POST', '/api/v1/me/deletion', { password });
  expect(left.status).toBe(202);
  // His token runs for minutes yet: neither what it is refused nor the answers are to bring him back.
  await refusals();
  const report = async () =>
    (await stranger('GET', left.body.report_url, undefined, { 'x-deletion-receipt': left.body.receipt }))
      .body;
  await expect.poll(async () => (await report()).completed_at, patience).not.toBeNull();
  await refusals();
  const again = await send('POST', '/api/v1/projects', { name: 'Back' }, { 'idempotency-key': 'back' });
  expect(again.status).toBeGreaterThanOrEqual(400);

  const removed = Object.fromEntries((await report()).services.map((part) => [part.service, part.removed]));
  expect(removed).toMatchObject({
    identity: { sessions: 2, device_sessions: 1, user_profiles: 1, users: 1, idempotency_keys: 1 },
    projects: {
      tasks: 3,
      projects: 1,
      'tasks.assignee_id': 1,
      'team_invitations.user_id': 2,
      idempotency_keys: 2,
      'idempotency_keys.response': 1,
    },
    billing: { subscription_cancellations: 1 },
    workers: { 'outbox.client_ip': expect.any(Number) },
  });
  expect(provider.subscriptions.get('sub_1')).toBe('cancelled');
  expect(Object.keys(removed).sort()).toEqual([...serviceNames].sort());

  // Other services follow the deletion of his project by its own event.
  await expect
    .poll(() => server.query(`select from previews.preview_jobs where project_id = '${owned}'`), patience)
    .toEqual([]);
  await caughtUp();
  const keptById = [
    'audit.audit_logs', // what he did stays, under an id
    ...serviceNames.map((service) => `${service}.outbox`),
    ...serviceNames.map((service) => `${service}.reference_sweeps`),
    'audit.user_refs', // the tombstone
    'billing.subscriptions', // kept
    'billing.user_refs',
    'identity.account_deletion_parts',
    'identity.account_deletions',
    'identity.notifications', // Alice's: by id alone
    'previews.preview_jobs', // the one in Alice's project
    'previews.user_refs',
    'projects.idempotency_keys', // Alice's: by id alone
    'projects.comments', // with a deleted author; and where Alice mentions him
    'projects.tasks', // with a deleted creator
    'projects.user_refs',
  ].sort();
  const nothingTellsOfHim = async () => {
    const [local] = bob.email.split('@');
    for (const trace of [...Object.values(bob), local!, 'vanish', token]) {
      expect(await tablesThatKnow(trace), trace).toEqual([]);
    }
    expect(await tablesThatKnow(id)).toEqual(keptById);
    // What his session did is a fact, of a session that nobody can resume.
    expect(await tablesThatKnow(session)).toEqual(['audit.audit_logs', 'identity.outbox']);
  };
  await nothingTellsOfHim();
  const [{ tombstones } = { tombstones: 0 }] = await server.query<{ tombstones: number }>(
    `select count(*)::integer as tombstones
       from (
         select id, state, display_name from projects.user_refs
         union all
         select id, state, null from previews.user_refs
         union all
         select id, state, null from billing.user_refs
         union all
         select id, state, null from audit.user_refs
       ) as ref
      where id = '${id}'
        and state = 'deleted'
        and display_name is null`,
  );
  expect(tombstones).toBe(4);
  const [assigned] = await server.query<{ assignee_id: string | null }>(
    `select assignee_id from projects.tasks where id = '${task}'`,
  );
  expect(assigned).toEqual({ assignee_id: null });
  expect((await alice.send('GET', `/api/v1/comments/${comment.body.id}`)).body).toMatchObject({
    author: { id, display_name: null },
    body: 'I will do it',
  });
  expect((await alice.send('GET', `/api/v1/projects/${shared}`)).status).toBe(200);

  // Every service reads all that is kept once more, from the first event, and ends where it was.
  const stateOfAll = async () => Promise.all(stateAfterReplay.map(async (sql) => server.query<object>(sql)));
  const before = await stateOfAll();
  await platform.stop();
  for (const service of serviceNames) await server.query(`update ${service}.event_cursors set cursor = null`);
  platform = await start();
  await caughtUp();
  await nothingTellsOfHim();
  expect(await stateOfAll()).toEqual(before);
}, 120_000);

const stateAfterReplay = [
  `select id, user_id, event_type, entity_id, data_json, host(ip_address) as ip from audit.audit_logs order by id`,
  ...['projects', 'previews', 'billing', 'audit'].map(
    (service) => `select id, state, version from ${service}.user_refs order by id`,
  ),
  `select id, user_id, type, payload_json from identity.notifications order by id`,
  ...serviceNames.map(
    (service) =>
      `select aggregate, subject, removed, completed_at from ${service}.reference_sweeps order by aggregate, subject`,
  ),
];
