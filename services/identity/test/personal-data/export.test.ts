import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { serviceNames, userExported } from '@hivesync/contracts';
import { rowsHeldOn, transaction } from '@hivesync/database';
import { strFromU8, unzipSync } from 'fflate';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { database } from '../../src/app.ts';
import { notifyOfIncident } from '../../src/notifications/notify.ts';
import { archive } from '../../src/personal-data/archive.ts';
import { type IdentityApp, startIdentityApp } from '../support/app.ts';

let neighbours: Server;
let answer: { status: number; body: string };
const asked: string[] = [];
let service: IdentityApp;

beforeAll(async () => {
  neighbours = createServer((request, response) => {
    if (!request.url?.endsWith('/export')) {
      response.writeHead(503).end();
      return;
    }
    asked.push(request.url);
    response.writeHead(answer.status, { 'content-type': 'application/x-ndjson' });
    response.end(answer.body);
  }).listen(0, '127.0.0.1');
  await once(neighbours, 'listening');
  const url = `http://127.0.0.1:${(neighbours.address() as AddressInfo).port}`;
  service = await startIdentityApp({
    serviceUrls: Object.fromEntries(serviceNames.map((name) => [name, url])),
  });
});
afterAll(() => neighbours.close());

test('one archive holds what every service holds, and no secret', async () => {
  const alice = await service.person('alice');
  const bob = await service.person('bob');
  answer = {
    status: 200,
    body: '{"table":"a","row":{"id":1}}\n{"table":"a","row":{"id":2}}\n{"table":"b","row":{"text":"ünicode"}}\n',
  };
  const taken = await service.app.inject({
    url: '/api/v1/me/export',
    headers: { authorization: `Bearer ${alice.accessToken}` },
  });
  expect(taken.statusCode).toBe(200);
  expect(taken.headers).toMatchObject({ 'content-type': 'application/zip', 'cache-control': 'no-store' });
  const files = Object.fromEntries(
    Object.entries(unzipSync(taken.rawPayload)).map(([name, bytes]) => [name, strFromU8(bytes)]),
  );
  expect(files['projects/a.jsonl']).toBe('{"id":1}\n{"id":2}\n');
  expect(files['audit/b.jsonl']).toBe('{"text":"ünicode"}\n');
  expect(JSON.parse(files['identity/users.jsonl'] ?? '')).toMatchObject({ email: alice.email });
  expect(Object.keys(files)).toEqual(expect.arrayContaining(['identity/sessions.jsonl', 'billing/a.jsonl']));
  const all = Object.values(files).join();
  expect(all).not.toMatch(/password_hash|token_hash/);
  expect(all).not.toContain(bob.id);
  expect(asked.every((url) => url === `/internal/users/${alice.id}/export`)).toBe(true);
  expect(await service.events(userExported.type)).toMatchObject([{ subject: alice.id, actorid: alice.id }]);
});

test('a HEAD makes no archive, asks nobody and leaves no trace', async () => {
  const before = [asked.length, (await service.events(userExported.type)).length];
  const dora = await service.person('dora');
  answer = { status: 200, body: '' };
  const head = await dora.call.head('/api/v1/me/export');
  expect([head.statusCode, head.body]).toEqual([200, '']);
  expect(head.headers).toMatchObject({
    'content-type': 'application/zip',
    'cache-control': 'no-store',
    'content-disposition': expect.stringContaining('hivesync-export.zip'),
  });
  expect(head.headers).not.toHaveProperty('content-length');
  expect([asked.length, (await service.events(userExported.type)).length]).toEqual(before);
});

test('where a service cannot be asked there is no archive at all', async () => {
  const carol = await service.person('carol');
  answer = { status: 500, body: '' };
  const refused = await carol.call.get('/api/v1/me/export');
  expect([refused.statusCode, refused.json().code]).toEqual([503, 'UPSTREAM_UNAVAILABLE']);
  expect((await service.asStranger().get('/api/v1/me/export')).statusCode).toBe(401);
});

test('whoever leaves in the midst of it takes nobody along', async () => {
  const fay = await service.person('fay');
  const row = (id: number) =>
    `${JSON.stringify({ table: 'a', row: { id, text: randomBytes(6_000).toString('hex') } })}\n`;
  answer = { status: 200, body: Array.from({ length: 800 }, (_, id) => row(id)).join('') };
  const url = new URL(await service.app.listen({ port: 0, host: '127.0.0.1' }));
  const uncaught: unknown[] = [];
  const hear = (error: unknown) => uncaught.push(error);
  process.on('uncaughtException', hear);
  for (const readBytes of [50, 100_000, 1_000_000, 12_000_000]) {
    const leaving = get(new URL('/api/v1/me/export', url), {
      headers: { authorization: `Bearer ${fay.accessToken}` },
    });
    leaving.on('error', () => undefined); // our own, told to the response too
    const [response] = (await once(leaving, 'response')) as [IncomingMessage];
    let read = 0;
    await expect(
      (async () => {
        for await (const piece of response) {
          read += piece.length;
          if (read >= readBytes) response.destroy(new Error('enough'));
        }
      })(),
    ).rejects.toThrow('enough');
    await sleep(100);
  }
  process.off('uncaughtException', hear);
  expect(uncaught).toEqual([]);
  expect((await fay.call.get('/api/v1/me')).statusCode).toBe(200);
});

test('other services may read it, people may not, and pages lose nothing', async () => {
  const dan = await service.person('dan');
  for (let at = 0; at < 12; at += 1) {
    await transaction(service.dataSource, async (tx) => {
      for (let more = 0; more < 100; more += 1) {
        await notifyOfIncident(tx, dan.id, 'suspicious_login', dan.sessionId as never);
      }
    });
  }
  await service.database.query(
    `insert into identity.notifications (id, user_id, type, source_event_id)
     select gen_random_uuid(), $1, 'task_assigned', gen_random_uuid()
     from generate_series(1, 20000)`,
    [dan.id],
  );
  const ids: unknown[] = [];
  for await (const { table, row } of rowsHeldOn(service.dataSource, database, dan.id)) {
    if (table === 'notifications') ids.push(row.id);
  }
  expect(ids).toHaveLength(21_200);
  expect(new Set(ids).size).toBe(21_200);
  const path = `/internal/users/${dan.id}/export`;
  expect((await dan.call.get(path)).statusCode).toBe(401);
  const projects = await service.asService('projects').get(path);
  expect(projects.json()).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  const lines = (await service.asService('identity').get(path)).body.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).table).filter((table) => table === 'users')).toHaveLength(1);
});

test('no hash of a secret leaves the database, for the place in the pages neither', async () => {
  const erin = await service.person('erin');
  const asked = vi.spyOn(service.dataSource, 'query');
  const tables = new Set<string>();
  for await (const { table } of rowsHeldOn(service.dataSource, database, erin.id)) tables.add(table);
  const answers = JSON.stringify(await Promise.all(asked.mock.results.map(({ value }) => value)));
  asked.mockRestore();
  expect([...tables]).toEqual(expect.arrayContaining(['users', 'refresh_tokens', 'sessions']));
  expect(answers).toContain(erin.id);
  expect(answers).not.toMatch(/_hash|argon2/);
});

test('an archive that breaks off is no archive', async () => {
  const broken = async function* () {
    yield { table: 'a', row: { id: 1 } };
    throw new Error('gone');
  };
  const parts = [{ service: 'projects', rows: broken() }];
  await expect(text(archive(parts))).rejects.toThrow('gone');
});
