/** What becomes of uploads when the storage fails, or everything happens at once. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDatabaseUnavailable, query } from '@hivesync/database';
import { FileObjectStore, objectKey } from '@hivesync/objects';
import { smallDisk } from '@hivesync/testing';
import { expect, test, vi } from 'vitest';
import { removeObjects } from '../../src/objects/object-removal.service.ts';
import { receiveUpload } from '../../src/objects/object-upload.service.ts';
import { expectStatus, type ProjectsService, refusal, startProjects } from '../support/projects-service.ts';

interface Granted {
  object_key: string;
  upload_url: string;
}

async function withTask(service: ProjectsService) {
  // Premium, for the many attachments.
  const alice = await service.register('Alice', { tier: 'premium' });
  const project = await service.createProject(alice);
  const newTask = async () => (await service.createTask(alice, project)).id;
  const grant = async (task: string, size_bytes: number): Promise<Granted> =>
    expectStatus(
      await alice.post(`/api/v1/tasks/${task}/attachments/uploads`, { name: 'a.png', size_bytes }),
      201,
    ).json();
  const put = ({ upload_url }: Granted, payload: Buffer | Readable) => {
    const { pathname, search } = new URL(upload_url);
    const headers = { 'content-type': 'application/octet-stream' };
    return service.app.inject({ method: 'PUT', url: pathname + search, headers, payload });
  };
  const attach = (task: string, { object_key }: Granted) =>
    alice.post(`/api/v1/tasks/${task}/attachments`, { object_key });
  return { alice, newTask, grant, put, attach };
}

const filesIn = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);

test('a full disk refuses uploads and nothing else; nothing half written stays', async (context) => {
  using disk = smallDisk(1_024);
  if ('reason' in disk) return context.skip(disk.reason);
  const service = await startProjects({ environment: { OBJECTS_DIR: disk.folder } });
  const { alice, newTask, grant, put, attach } = await withTask(service);
  const task = await newTask();
  const content = randomBytes(600_000);
  const [first, second] = [await grant(task, content.length), await grant(task, content.length)];
  expectStatus(await put(first, content), 204);

  const full = await put(second, content);
  expect(refusal(full)).toEqual([507, 'STORAGE_FULL']);
  expect(full.headers['retry-after']).toBe('60');
  expect(refusal(await attach(task, second))).toEqual([422, 'UNKNOWN_REFERENCE']);
  expect(filesIn(join(disk.folder, '.partial'))).toEqual([]);

  const { id } = expectStatus(await attach(task, first), 201).json();
  const path = `/api/v1/tasks/${task}/attachments/${id}`;
  const { pathname, search } = new URL((await alice.get(`${path}/download`)).json().url);
  const read = await service.app.inject({ method: 'GET', url: pathname + search });
  expect(read.rawPayload.equals(content)).toBe(true);
  // Room is made by a deletion, on the full disk; then the same URL is good again.
  expectStatus(await alice.delete(path), 204);
  await removeObjects(service.app, new FileObjectStore(disk.folder));
  expectStatus(await put(second, content), 204);
  expectStatus(await attach(task, second), 201);
  await service.close();
});

test('a folder that fails is 503, and removals wait for it', async () => {
  const service = await startProjects();
  const { alice, newTask, grant, put, attach } = await withTask(service);
  const folder = service.config.OBJECTS_DIR;
  const store = new FileObjectStore(folder);
  const task = await newTask();
  const [kept, late] = [await grant(task, 4), await grant(task, 4)];
  expectStatus(await put(kept, Buffer.from('four')), 204);
  const { id } = expectStatus(await attach(task, kept), 201).json();
  expectStatus(await alice.delete(`/api/v1/tasks/${task}/attachments/${id}`), 204);

  rmSync(folder, { recursive: true });
  writeFileSync(folder, 'a file where the folder was');
  expect(refusal(await put(late, Buffer.from('four')))).toEqual([503, 'STORAGE_UNAVAILABLE']);
  expect(await removeObjects(service.app, store)).toBe(0);
  const waiting = () =>
    query(service.dataSource, 'select object_key, attempts, last_error from object_removals');
  expect(await waiting()).toEqual([
    { object_key: kept.object_key, attempts: 1, last_error: 'STORAGE_UNAVAILABLE' },
  ]);

  rmSync(folder);
  mkdirSync(folder);
  expect(await removeObjects(service.app, store)).toBe(0); // not due yet
  await query(service.dataSource, 'update object_removals set due_at = now()');
  expect(await removeObjects(service.app, store)).toBe(1);
  expect(await waiting()).toEqual([]);
});

test('a task that goes while a file for it is coming: the end of the upload stores nothing', async () => {
  const service = await startProjects();
  const { alice, newTask, grant, put } = await withTask(service);
  const { OBJECTS_DIR: folder } = service.config;
  const task = await newTask();
  const body = new PassThrough();
  body.write('two ');
  const answer = put(await grant(task, 10), body);
  await vi.waitFor(() => expect(filesIn(join(folder, '.partial'))).toHaveLength(1), 5_000);
  expectStatus(await alice.delete(`/api/v1/tasks/${task}`), 204);
  // The removal has come and gone by the time when there is something to remove.
  expect(await removeObjects(service.app, new FileObjectStore(folder))).toBe(1);
  body.end('halves');
  expect(refusal(await answer)).toEqual([410, 'GONE']);
  expect([...filesIn(join(folder, 'attachments')), ...filesIn(join(folder, '.partial'))]).toEqual([]);
});

test('a connection that dies before the file has its name takes the file along', async () => {
  const service = await startProjects();
  const { alice, newTask, grant } = await withTask(service);
  const { OBJECTS_DIR: folder } = service.config;
  const store = new FileObjectStore(folder);
  const task = await newTask();
  const { object_key } = await grant(task, 4);
  const key = objectKey(object_key);
  vi.spyOn(store, 'receive').mockImplementationOnce(async (body, sizeBytes) => {
    const received = await new FileObjectStore(folder).receive(body, sizeBytes);
    return {
      keep: async () => {
        await service.database.query(
          `select pg_terminate_backend(pid)
             from pg_stat_activity
            where usename = 'projects_app'
              and datname = current_database()
              and state = 'idle in transaction'`,
        );
        expectStatus(await alice.delete(`/api/v1/tasks/${task}`), 204);
        expect(await removeObjects(service.app, store)).toBe(1);
        await received.keep(key);
      },
      [Symbol.asyncDispose]: () => received[Symbol.asyncDispose](),
    };
  });
  const uploading = receiveUpload(service.dataSource, store, key, 4, Readable.from([Buffer.from('four')]));
  await expect(uploading).rejects.toSatisfy(isDatabaseUnavailable);
  expect([...filesIn(join(folder, 'attachments')), ...filesIn(join(folder, '.partial'))]).toEqual([]);
});

test('whichever comes first, an upload, its attachment or the end of its task: no object is left without a row', async () => {
  const service = await startProjects({ listen: true });
  const { alice, newTask, grant, put, attach } = await withTask(service);
  const { OBJECTS_DIR: folder } = service.config;
  const store = new FileObjectStore(folder);
  const outcomes = new Map<string, number>();
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let round = 0; round < 8; round += 1) {
        const task = await newTask();
        const upload = await grant(task, 4);
        const [stored, attached] = await Promise.all([
          put(upload, Buffer.from('four')),
          sleep(Math.random() * 20).then(() => attach(task, upload)),
          sleep(Math.random() * 20)
            .then(() => alice.delete(`/api/v1/tasks/${task}`))
            .then(() => removeObjects(service.app, store)),
        ]);
        const outcome = `${stored.statusCode} ${attached.statusCode}`;
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    }),
  );
  for (const outcome of outcomes.keys()) expect(outcome).toMatch(/^(204|410) (201|404|422)$/);
  expect([...outcomes.keys()].some((outcome) => outcome.startsWith('204'))).toBe(true);
  // The remover of the running service does it, unasked.
  await vi.waitFor(async () => {
    expect(await query(service.dataSource, 'select from object_removals')).toEqual([]);
  }, 10_000);
  expect([...filesIn(join(folder, 'attachments')), ...filesIn(join(folder, '.partial'))]).toEqual([]);
  expect(await query(service.dataSource, 'select from object_uploads')).toEqual([]);
});
