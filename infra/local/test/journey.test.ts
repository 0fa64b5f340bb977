import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appRole, createDataSource, roleUrl } from '@hivesync/database';
import { createAdmin, database as identity } from '@hivesync/identity';
import { atFileEnd, bareDatabase, pgbouncerBinary, startPgbouncer } from '@hivesync/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { walkJourney } from '../src/demo/journey.ts';
import { transcript } from '../src/demo/transcript.ts';
import { mailedToken } from '../src/mailbox.ts';
import { mailFolderIn, type Platform, startPlatform } from '../src/platform.ts';
import { assertPortsFree, type Ports } from '../src/ports.ts';
import { freePorts } from './free-ports.ts';

let folder: string;
let ports: Ports;
let serverUrl: string;
let platform: Platform;

async function makeAdmin(email: string): Promise<void> {
  const url = roleUrl(platform.databaseUrl, appRole('identity'), platform.roleSecret);
  const dataSource = await createDataSource(identity, url, { poolSize: 1 }).initialize();
  await createAdmin(dataSource, { email, existing: true });
  await dataSource.destroy();
}

// More than the limit of strangers allows: each operation is asked once, from one address.
const environment = { STRANGER_REQUESTS_PER_MINUTE: '10000' };
const start = () => startPlatform({ ports, dataFolder: folder, serverUrl, environment, logLevel: 'silent' });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hivesync-journey-'));
  const server = await bareDatabase();
  serverUrl = server.adminUrl;
  // Where the machine has one, all of it goes through a pooler: bootstrap, migrations, services, commands.
  if (pgbouncerBinary) {
    const pooler = await startPgbouncer(server.adminUrl, server.roleSecret);
    atFileEnd(() => pooler.stop());
    serverUrl = pooler.through(serverUrl);
  }
  // Roles belong to the whole server, which other test files share: their passwords must stay as they are.
  writeFileSync(join(folder, 'secrets.json'), JSON.stringify({ role_secret: server.roleSecret }));
  ports = await freePorts();
  platform = await start();
});
afterAll(async () => {
  await platform.stop();
  rmSync(folder, { recursive: true });
});

test('the journey goes through, and again on the same data', async () => {
  const lines: string[] = [];
  const walk = (run: string) =>
    walkJourney({
      transcript: transcript(platform.url, (line) => lines.push(line)),
      makeAdmin,
      mailedToken: (email) => mailedToken(mailFolderIn(folder), email),
      run,
    });
  expect(await walk('one')).toBeGreaterThan(40);
  await walk('two');

  const text = lines.join('\n');
  expect(text).toContain('POST /api/v1/projects -> 201');
  expect(text).toContain('task_assigned arrived at Bob');
  expect(text).toMatch(/PATCH \/api\/v1\/tasks\/[0-9a-f-]+ -> 412/);
  expect(text).toMatch(/^ {4}\d{4}-\S+ projects\.\w+\.\w+ [0-9a-f-]{36}$/m);
  expect(text).not.toMatch(/eyJ[\w-]{20}|correct horse/);
});

test('the gateway serves the document of all services, each operation of which some service answers', async () => {
  const document = (await (await fetch(`${platform.url}/openapi.json`)).json()) as {
    paths: Record<string, object>;
  };
  expect(Object.keys(document.paths).length).toBeGreaterThan(30);
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const method of Object.keys(operations)) {
      const url = platform.url + path.replace(/\{[^}]+\}/g, '0197f000-0000-7000-8000-000000000000');
      const answer = await fetch(url, {
        method: method.toUpperCase(),
        headers: { 'x-request-id': `${method}-probe` },
      });
      const text = await answer.text();
      // What a link in a mail leads to is a page.
      const isPage = answer.headers.get('content-type')?.startsWith('text/html');
      const body = (isPage ? {} : JSON.parse(text)) as { code?: string };
      // Strangers are refused by the service itself; nothing is missing and nothing breaks.
      expect(answer.status, `${method} ${path}`).toBeLessThan(500);
      expect(['ROUTE_NOT_FOUND', 'METHOD_NOT_ALLOWED'], `${method} ${path}`).not.toContain(body.code);
      expect(answer.headers.get('x-request-id')).toBe(`${method}-probe`);
    }
  }
});

test('a file larger than other bodies may be goes through the gateway, both ways', async () => {
  const api = async (path: string, body?: object, token?: string) => {
    const answer = await fetch(`${platform.url}/api/v1/${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return (await answer.json()) as Record<string, string>;
  };
  const { access_token: token } = await api('auth/login', {
    email: 'alice-one@example.com',
    password: 'correct horse battery staple',
  });
  const project = await api('projects', { name: 'Files' }, token);
  const task = await api(`projects/${project.id}/tasks`, { title: 'Show it' }, token);
  const attachments = `tasks/${task.id}/attachments`;
  const content = randomBytes(4_000_000);
  const upload = { name: 'film.mp4', size_bytes: content.length };
  const granted = await api(`${attachments}/uploads`, upload, token);
  expect(granted.upload_url).toMatch(`${platform.url}/api/v1/objects/attachments/`);
  const put = (body: Buffer, url = granted.upload_url!) => fetch(url, { method: 'PUT', body });
  expect((await put(Buffer.concat([content, content]))).status).toBe(413);
  expect((await put(content, `${granted.upload_url}0`)).status).toBe(403);
  expect((await put(content)).status).toBe(204);
  const { id } = await api(attachments, { object_key: granted.object_key }, token);
  const download = await api(`${attachments}/${id}/download`, undefined, token);
  const answer = await fetch(download.url!);
  expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename=film.mp4');
});

test('what waits for an address is shown once its person has proven it, and the inviter notices nothing', async () => {
  const send = async (method: string, path: string, body?: object, token?: string) => {
    const answer = await fetch(`${platform.url}/api/v1/${path}`, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, ...(text === '' ? {} : JSON.parse(text)) };
  };
  const password = 'correct horse battery staple';
  const logIn = async (email: string) => (await send('POST', 'auth/login', { email, password })).access_token;
  const alice = await logIn('alice-one@example.com');
  const { id: project } = await send('POST', 'projects', { name: 'Waiting' }, alice);
  const [later, nobody] = ['later@example.com', 'nobody@example.com'];
  await send('POST', 'auth/register', { email: later, password });
  const token = await logIn(later);
  const invite = async (email: string) => {
    const { id, created_at, ...rest } = await send(
      'POST',
      `projects/${project}/invitations`,
      { email },
      alice,
    );
    expect([id, created_at]).toEqual([expect.any(String), expect.any(String)]);
    return { ...rest, email: rest.email === email };
  };
  const unproven = await invite(later);
  expect(unproven).toEqual(await invite(nobody));
  expect((await send('GET', 'invitations', undefined, token)).items).toEqual([]);

  const patience = { timeout: 15_000, interval: 100 };
  const mailed = () => mailedToken(mailFolderIn(folder), later);
  await expect.poll(mailed, patience).toBeDefined();
  expect(await send('POST', 'auth/verify-email', { token: mailed() })).toEqual({ status: 204 });
  const received = async () => (await send('GET', 'invitations', undefined, token)).items;
  await expect.poll(received, patience).toHaveLength(1);
  const notified = async () =>
    (await send('GET', 'notifications', undefined, token)).items.map(({ type }: { type: string }) => type);
  await expect.poll(notified, patience).toContain('team_invite');
  expect(await invite(later)).toEqual(unproven);
  const [{ id }] = await received();
  expect(await send('POST', `invitations/${id}/accept`, undefined, token)).toMatchObject({ status: 200 });
});

test('a second start on the same data or ports says what is in use and leaves the first alone', async () => {
  await expect(start()).rejects.toThrow('is running on');
  const another = startPlatform({
    ports,
    dataFolder: join(folder, 'another'),
    serverUrl,
    logLevel: 'silent',
  });
  await expect(another).rejects.toThrow(`Port ${ports.identity} (identity) is in use`);
  expect((await fetch(`${platform.url}/health/ready`)).status).toBe(200);
});

test('after a stop every port is free, and the next start finds what was there', async () => {
  await platform.stop();
  await platform.stop();
  await assertPortsFree(ports);

  platform = await start();
  const login = await fetch(`${platform.url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'alice-one@example.com', password: 'correct horse battery staple' }),
  });
  expect(login.status).toBe(200);
});

test('a start that fails leaves nothing running', async () => {
  const elsewhere = await freePorts();
  const nowhere = 'postgres://postgres:wrong@127.0.0.1:1/hivesync';
  await expect(
    startPlatform({
      ports: elsewhere,
      dataFolder: join(folder, 'another'),
      serverUrl: nowhere,
      logLevel: 'silent',
    }),
  ).rejects.toThrow('PostgreSQL at 127.0.0.1:1 cannot be reached');
  await assertPortsFree(elsewhere);
});
