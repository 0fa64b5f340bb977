import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { query } from '@hivesync/database';
import { sweepAll } from '@hivesync/events';
import { FileObjectStore } from '@hivesync/objects';
import { expect, test } from 'vitest';
import { database } from '../../src/database/data-source.ts';
import { removeObjects } from '../../src/objects/object-removal.service.ts';
import { deleteExpiredUploads } from '../../src/objects/object-upload.repository.ts';
import { expectStatus, type Person, refusal, startProjects } from '../support/projects-service.ts';

const service = await startProjects();
const alice = await service.register('Alice');
const bob = await service.register('Bob');
const project = await service.createProject(alice);
await service.join(alice, project, bob);
const { OBJECTS_DIR: folder } = service.config;
const store = new FileObjectStore(folder);

interface Granted {
  object_key: string;
  upload_url: string;
  expires_at: string;
  headers: Record<string, string>;
}

const newTask = async () => (await service.createTask(alice, project)).id;
const pathOf = (task: string) => `/api/v1/tasks/${task}/attachments`;

async function grant(person: Person, task: string, size_bytes: number, name = 'shot.png'): Promise<Granted> {
  return expectStatus(await person.post(`${pathOf(task)}/uploads`, { name, size_bytes }), 201).json();
}

/** As anybody with the URL does it. */
const put = (url: string, payload: Buffer) => {
  const { pathname, search } = new URL(url);
  return service.app.inject({
    method: 'PUT',
    url: pathname + search,
    headers: { 'content-type': 'application/octet-stream' },
    payload,
  });
};
const get = (url: string) => {
  const { pathname, search } = new URL(url);
  return service.app.inject({ method: 'GET', url: pathname + search });
};
/** `url` with another value of one parameter. */
const altered = (url: string, name: string, value: string) => {
  const other = new URL(url);
  other.searchParams.set(name, value);
  return other.href;
};

test('URLs lead to where the platform is, whatever a request says of its host', async () => {
  const task = await newTask();
  const lies = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'ftp' };
  const { upload_url }: Granted = expectStatus(
    await alice.post(`${pathOf(task)}/uploads`, { name: 'shot.png', size_bytes: 4 }, { headers: lies }),
    201,
  ).json();
  expect(upload_url).toMatch(/^https:\/\/api\.example\.test\/api\/v1\/objects\//);
});

async function uploaded(person: Person, task: string, content = randomBytes(1_000)): Promise<string> {
  const { object_key, upload_url } = await grant(person, task, content.length);
  expectStatus(await put(upload_url, content), 204);
  return object_key;
}
async function attached(person: Person, task: string): Promise<{ id: string; key: string }> {
  const object_key = await uploaded(person, task);
  const made = expectStatus(await person.post(pathOf(task), { object_key }), 201).json();
  return { id: made.id, key: object_key };
}
const isStored = (key: string) => existsSync(join(folder, key));
const partial = () => readdirSync(join(folder, '.partial'));
const remove = () => removeObjects(service.app, store);

test('a file is uploaded, attached, listed and downloaded as it was', async () => {
  const task = await newTask();
  const content = randomBytes(300_000);
  const granted = expectStatus(
    await alice.post(`${pathOf(task)}/uploads`, {
      name: 'Über „uns“.html',
      size_bytes: content.length,
      content_type: 'text/html',
    }),
    201,
  ).json<Granted>();
  expect(granted.object_key).toMatch(/^attachments\/[0-9a-f-]{36}$/);
  const minutes = (Date.parse(granted.expires_at) - Date.now()) / 60_000;
  expect(minutes).toBeGreaterThan(14.5);
  expect(minutes).toBeLessThanOrEqual(15);
  expectStatus(await put(granted.upload_url, content), 204);
  expect(readFileSync(join(folder, granted.object_key)).equals(content)).toBe(true);
  expect(partial()).toEqual([]);

  const attachment = expectStatus(
    await alice.post(pathOf(task), { object_key: granted.object_key }),
    201,
  ).json();
  expect(attachment).toMatchObject({
    kind: 'file',
    name: 'Über „uns“.html',
    size_bytes: content.length,
    content_type: 'text/html',
    external_url: null,
    uploaded_by: alice.id,
  });
  expect((await bob.get(pathOf(task))).json().items).toEqual([attachment]);

  const download = expectStatus(await bob.get(`${pathOf(task)}/${attachment.id}/download`), 200).json();
  expect((Date.parse(download.expires_at) - Date.now()) / 60_000).toBeLessThanOrEqual(5);
  const answer = expectStatus(await get(download.url), 200);
  expect(answer.rawPayload.equals(content)).toBe(true);
  expect(answer.headers).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-length': String(content.length),
    'x-content-type-options': 'nosniff',
    'content-disposition': expect.stringMatching(/^attachment; .*filename\*=UTF-8''/),
  });
  expect(await remove()).toBe(0);
});

test('a link is downloaded from where it is', async () => {
  const task = await newTask();
  const { id } = (await alice.post(pathOf(task), { external_url: 'https://example.com/a.png' })).json();
  expect((await alice.get(`${pathOf(task)}/${id}/download`)).json()).toEqual({
    url: 'https://example.com/a.png',
    expires_at: null,
  });
});

test('exactly one of key and link', async () => {
  const path = pathOf(await newTask());
  expect(refusal(await alice.post(path, { name: 'nothing' }))).toEqual([400, 'VALIDATION_FAILED']);
  const both = { object_key: 'attachments/x', external_url: 'https://example.com' };
  expect(refusal(await alice.post(path, both))).toEqual([400, 'VALIDATION_FAILED']);
});

test('a signed URL is good for what was signed and nothing else', async () => {
  const task = await newTask();
  const content = Buffer.from('four');
  const { upload_url } = await grant(alice, task, 4);
  const signature = new URL(upload_url).searchParams.get('signature') ?? '';
  for (const url of [
    altered(upload_url, 'size', '5'),
    altered(upload_url, 'expires', '99999999999'),
    altered(
      upload_url,
      'signature',
      signature.replace(/^./, (first) => (first === '0' ? '1' : '0')),
    ),
    altered(upload_url, 'signature', ''),
    altered(upload_url, 'signature', signature.slice(2)),
    upload_url.replace(/[0-9a-f]{12}\?/, '000000000000?'),
  ]) {
    expect(refusal(await put(url, content)), url).toEqual([403, 'SIGNED_URL_INVALID']);
  }
  const asDownload = altered(upload_url, 'name', 'x').replace(/size=4&/, '');
  expect(refusal(await get(asDownload))).toEqual([403, 'SIGNED_URL_INVALID']);
  expect(partial()).toEqual([]);
});

test('a body has just the bytes that were announced, and comes once', async () => {
  const task = await newTask();
  const { object_key, upload_url } = await grant(alice, task, 1_000);
  expect(refusal(await put(upload_url, randomBytes(1_001)))).toEqual([413, 'BODY_TOO_LARGE']);
  expect(refusal(await put(upload_url, randomBytes(999)))).toEqual([422, 'UNPROCESSABLE']);
  expect(isStored(object_key)).toBe(false);
  expect(partial()).toEqual([]);
  expect(refusal(await alice.post(pathOf(task), { object_key }))).toEqual([422, 'UNKNOWN_REFERENCE']);

  expectStatus(await put(upload_url, randomBytes(1_000)), 204);
  expect(refusal(await put(upload_url, randomBytes(1_000)))).toEqual([409, 'CONFLICT']);
  expectStatus(await alice.post(pathOf(task), { object_key }), 201);
  expect(refusal(await put(upload_url, randomBytes(1_000)))).toEqual([410, 'GONE']);
  expect(refusal(await alice.post(pathOf(task), { object_key }))).toEqual([422, 'UNKNOWN_REFERENCE']);
});

test('an upload is of use to whom it was granted, for that task alone', async () => {
  const [task, other] = [await newTask(), await newTask()];
  const object_key = await uploaded(alice, task);
  for (const [person, path] of [
    [bob, pathOf(task)],
    [alice, pathOf(other)],
  ] as const) {
    expect(refusal(await person.post(path, { object_key }))).toEqual([422, 'UNKNOWN_REFERENCE']);
  }
  for (const key of ['attachments/../../etc/passwd', '/etc/passwd', '.partial/x', 'attachments/none']) {
    expect(refusal(await alice.post(pathOf(task), { object_key: key }))).toEqual([422, 'UNKNOWN_REFERENCE']);
  }
  expectStatus(await alice.post(pathOf(task), { object_key }), 201);
  const stranger = await service.register('Mallory');
  expect(refusal(await stranger.post(`${pathOf(task)}/uploads`, { name: 'x', size_bytes: 1 }))).toEqual([
    404,
    'NOT_FOUND',
  ]);
});

test('limits of the tier are told in their own shape', async () => {
  const task = await newTask();
  const big = await alice.post(`${pathOf(task)}/uploads`, { name: 'x', size_bytes: 5_242_881 });
  expect(expectStatus(big, 429).json()).toMatchObject({
    code: 'LIMIT_REACHED',
    limit_type: 'attachment_max_bytes',
    tier: 'free',
    limit: 5_242_880,
    remaining: 5_242_880,
    retry_after_seconds: null,
    upgrade_available: true,
    recommended_tier: 'pro',
    upgrade_reason: expect.any(String),
  });
  const pro = await service.register('Pat', { tier: 'pro' });
  await service.join(alice, project, pro);
  await grant(pro, task, 5_242_881);

  for (let link = 0; link < 4; link += 1) {
    expectStatus(await alice.post(pathOf(task), { external_url: `https://example.com/${link}` }), 201);
  }
  // Pat's waits, and counts.
  const sixth = await alice.post(`${pathOf(task)}/uploads`, { name: 'x', size_bytes: 1 });
  expect(expectStatus(sixth, 429).json()).toMatchObject({ limit_type: 'attachments_per_task', limit: 5 });
  expect(Number(sixth.headers['retry-after'])).toBeGreaterThan(60);
  expectStatus(await alice.post(pathOf(task), { external_url: 'https://example.com/5' }), 201);
  const seventh = expectStatus(
    await alice.post(pathOf(task), { external_url: 'https://example.com/6' }),
    429,
  );
  expect(seventh.json()).toMatchObject({ remaining: 0, retry_after_seconds: null });
  expect(seventh.headers['retry-after']).toBeUndefined();
});

test('an object goes with its attachment, and not before', async () => {
  const task = await newTask();
  const { id, key } = await attached(alice, task);
  const { url } = (await alice.get(`${pathOf(task)}/${id}/download`)).json();
  expect(await remove()).toBe(0);
  expect(isStored(key)).toBe(true);
  expectStatus(await alice.delete(`${pathOf(task)}/${id}`), 204);
  await remove();
  expect(isStored(key)).toBe(false);
  expect(refusal(await get(url))).toEqual([404, 'NOT_FOUND']);
});

test('objects go with their task, attached or waiting, and a late upload stores nothing', async () => {
  const task = await newTask();
  const { key } = await attached(alice, task);
  const waiting = await uploaded(bob, task);
  const { upload_url, object_key } = await grant(alice, task, 4);
  expectStatus(await alice.delete(`/api/v1/tasks/${task}`), 204);
  expect(refusal(await put(upload_url, Buffer.from('late')))).toEqual([410, 'GONE']);
  await remove();
  expect([key, waiting, object_key].filter(isStored)).toEqual([]);
  expect(partial()).toEqual([]);
});

test('objects go with their project', async () => {
  const id = await service.createProject(alice, 'Short');
  const task = (await service.createTask(alice, id)).id;
  const { key } = await attached(alice, task);
  const waiting = await uploaded(alice, task);
  expectStatus(await alice.post(`/api/v1/projects/${id}/deletion`, { confirm: 'Short' }), 202);
  await sweepAll(service.dataSource, database);
  await remove();
  expect([key, waiting].filter(isStored)).toEqual([]);
  expect(await query(service.dataSource, 'select from object_removals')).toEqual([]);
});

test('what nobody attaches goes when its time is over', async () => {
  const task = await newTask();
  const key = await uploaded(alice, task);
  await query(service.dataSource, `update object_uploads set expires_at = now() where object_key = $1`, [
    key,
  ]);
  expect(refusal(await alice.post(pathOf(task), { object_key: key }))).toEqual([422, 'UNKNOWN_REFERENCE']);
  expect(await deleteExpiredUploads(service.dataSource, 100)).toBe(1);
  await remove();
  expect(isStored(key)).toBe(false);
});
