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
import { type Platform, startPlatform } from '../src/platform.ts';
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

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hivesync-leaving-'));
  server = await bareDatabase();
  writeFileSync(join(folder, 'secrets.json'), JSON.stringify({ role_secret: server.roleSecret }));
  provider = await startLemonSqueezy();
  provider.subscriptions.set('sub_1', 'active');
  platform = await startPlatform({
    ports: await freePorts(),
    dataFolder: folder,
    serverUrl: server.adminUrl,
    environment: {
      STRANGER_REQUESTS_PER_MINUTE: '10000',
      LEMONSQUEEZY_API_URL: provider.url,
      LEMONSQUEEZY_API_KEY: provider.apiKey,
    },
    logLevel: 'silent',
  });
}, 60_000);
afterAll(async () => {
  await platform.stop();
  rmSync(folder, { recursive: true });
});

/** `schema.table` of every table with a row in which the text occurs, whatever its column. */
async function tablesThatKnow(text: string): Promise<string[]> {
  const tables = await server.query<{ name: string }>(
    `select format('%I.%I', nspname, relname) as name
       from pg_class
       join pg_namespace on pg_namespace.oid = relnamespace
      where nspname = any(array['${serviceNames.join("','")}'])
        and relkind in ('r', 'p')
        and not relispartition
      order by 1`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await server.query(
      `select from ${name} as t where strpos(lower(t::text), lower('${text}')) > 0 limit 1`,
    );
    if (rows.length > 0) found.push(name);
  }
  return found;
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

test('whoever leaves is forgotten, except for what is to be kept', async () => {
  const alice = await person('alice@example.com', 'Alice');
  const bob = await person('bob-who-leaves@example.com', 'Bob Vanisher');

  // Bob is a member of Alice's project, is assigned there, has created and commented.
  const shared = (await alice.send('POST', '/api/v1/projects', { name: 'Shared' })).body.id;
  await alice.send('POST', `/api/v1/projects/${shared}/invitations`, { email: 'bob-who-leaves@example.com' });
  const received = async () => (await bob.send('GET', '/api/v1/invitations')).body.items;
  await expect.poll(async () => (await received()).length, patience).toBe(1);
  await bob.send('POST', `/api/v1/invitations/${(await received())[0]!.id}/accept`);
  const tasks = `/api/v1/projects/${shared}/tasks`;
  const task = (await alice.send('POST', tasks, { title: 'For Bob', assignee_id: bob.id })).body.id;
  await bob.send('POST', tasks, { title: 'By Bob' });
  const comment = await bob.send('POST', `/api/v1/projects/${shared}/comments`, {
    entity_type: 'task',
    entity_id: task,
    body: 'I will do it',
  });
  await bob.send('PUT', `/api/v1/projects/${shared}/favorite`);
  // He owns one himself, with tasks, of which Alice is told.
  const owned = (await bob.send('POST', '/api/v1/projects', { name: 'Owned by him' })).body.id;
  for (const title of ['One', 'Two', 'Three'])
    await bob.send('POST', `/api/v1/projects/${owned}/tasks`, { title });
  // What has no public way in yet: jobs in both projects, and a subscription.
  const met = (schema: string) =>
    server.query(`select from ${schema}.user_refs where id = '${bob.id}' and state = 'active'`);
  const projectMet = () =>
    server.query(`select from previews.project_refs where id in ('${shared}', '${owned}')`);
  await expect.poll(async () => (await projectMet()).length, patience).toBe(2);
  for (const schema of ['previews', 'billing', 'audit']) {
    await expect.poll(async () => (await met(schema)).length, patience).toBe(1);
  }
  for (const project of [shared, owned]) {
    await server.query(
      `insert into previews.preview_jobs (id, project_id, requested_by, tier, device_type)
       values ('${newId()}', '${project}', '${bob.id}', 'free', 'iphone')`,
    );
  }
  await server.query(
    `insert into billing.subscriptions (id, user_id, subscription_id, status, tier)
     values ('${newId()}', '${bob.id}', 'sub_1', 'active', 'pro')`,
  );

  const taken = await fetch(`${platform.url}/api/v1/me/export`, {
    headers: { authorization: `Bearer ${bob.token}` },
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
  expect(rows('identity/users.jsonl')).toEqual([
    expect.objectContaining({ id: bob.id, email: 'bob-who-leaves@example.com' }),
  ]);
  expect(rows('projects/tasks.jsonl').map(({ title }) => title)).toEqual(
    expect.arrayContaining(['For Bob', 'By Bob', 'One', 'Two', 'Three']),
  );
  expect([...files.values()].join()).not.toMatch(/password_hash|token_hash|argon2/);
  expect([...files.values()].join()).not.toContain('alice@example.com');

  const left = await bob.send('DELETE', '/api/v1/me', { password });
  expect(left.status).toBe(202);
  const report = async () =>
    (await sender()('GET', left.body.report_url, undefined, { 'x-deletion-receipt': left.body.receipt }))
      .body;
  await expect.poll(async () => (await report()).completed_at, patience).not.toBeNull();

  const removed = Object.fromEntries((await report()).services.map((part) => [part.service, part.removed]));
  expect(removed).toMatchObject({
    identity: { sessions: 1, device_sessions: 1, user_profiles: 1, users: 1 },
    projects: { tasks: 3, projects: 1, 'tasks.assignee_id': 1 },
    billing: { subscription_cancellations: 1 },
  });
  expect(provider.subscriptions.get('sub_1')).toBe('cancelled');
  expect(Object.keys(removed).sort()).toEqual(['audit', 'billing', 'identity', 'previews', 'projects']);

  expect(await tablesThatKnow('bob-who-leaves')).toEqual([]);
  expect(await tablesThatKnow('vanisher')).toEqual([]);
  // Other services follow the deletion of his project by its own event.
  await expect
    .poll(() => server.query(`select from previews.preview_jobs where project_id = '${owned}'`), patience)
    .toEqual([]);
  expect(await tablesThatKnow(bob.id)).toEqual([
    'audit.audit_logs', // what he did stays, under an id
    'audit.outbox',
    'audit.reference_sweeps',
    'audit.user_refs', // the tombstone
    'billing.outbox',
    'billing.reference_sweeps',
    'billing.subscriptions', // kept
    'billing.user_refs',
    'identity.account_deletion_parts',
    'identity.account_deletions',
    'identity.notifications', // Alice's: by id alone
    'identity.outbox',
    'identity.reference_sweeps',
    'previews.outbox',
    'previews.preview_jobs', // the one in Alice's project
    'previews.reference_sweeps',
    'previews.user_refs',
    'projects.comments', // with a deleted author
    'projects.outbox',
    'projects.reference_sweeps',
    'projects.tasks', // with a deleted creator
    'projects.user_refs',
  ]);
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
      where id = '${bob.id}'
        and state = 'deleted'
        and display_name is null`,
  );
  expect(tombstones).toBe(4);
  expect(
    await server.query(`select from audit.audit_logs where user_id = '${bob.id}' and ip_address is not null`),
  ).toEqual([]);
  const [assigned] = await server.query<{ assignee_id: string | null }>(
    `select assignee_id from projects.tasks where id = '${task}'`,
  );
  expect(assigned).toEqual({ assignee_id: null });
  expect((await alice.send('GET', `/api/v1/comments/${comment.body.id}`)).body).toMatchObject({
    author: { id: bob.id, display_name: null },
    body: 'I will do it',
  });
  expect((await alice.send('GET', `/api/v1/projects/${shared}`)).status).toBe(200);
});
