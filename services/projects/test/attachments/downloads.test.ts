import { randomBytes } from 'node:crypto';
import { get, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectStatus, startProjects } from '../support/projects-service.ts';

const service = await startProjects({ listen: true });
const alice = await service.register('Alice');
const content = randomBytes(300_000);
const size = String(content.length);
let url: URL;
let tag: string;

beforeAll(async () => {
  const task = (await service.createTask(alice, await service.createProject(alice))).id;
  const path = `/api/v1/tasks/${task}/attachments`;
  const granted = (await alice.post(`${path}/uploads`, { name: 'a.bin', size_bytes: content.length })).json();
  const upload = new URL(granted.upload_url);
  expectStatus(
    await service.app.inject({ method: 'PUT', url: upload.pathname + upload.search, payload: content }),
    204,
  );
  const attachment = expectStatus(await alice.post(path, { object_key: granted.object_key }), 201).json();
  const { pathname, search } = new URL((await alice.get(`${path}/${attachment.id}/download`)).json().url);
  url = new URL(pathname + search, service.url);
  tag = `"${granted.object_key.split('/')[1]}"`;
});

async function ask(method: 'GET' | 'HEAD', headers: Record<string, string> = {}) {
  const sent = method === 'GET' ? get(url, { headers }) : request(url, { method, headers }).end();
  const answer = await new Promise<IncomingMessage>((done, fail) =>
    sent.on('response', done).on('error', fail),
  );
  return { status: answer.statusCode, headers: answer.headers, body: await buffer(answer) };
}

test('HEAD tells what GET would, without the file', async () => {
  const [whole, head] = [await ask('GET'), await ask('HEAD')];
  expect(whole.body.equals(content)).toBe(true);
  expect(whole.headers).toMatchObject({ etag: tag, 'accept-ranges': 'bytes', 'content-length': size });
  expect([head.status, head.body.length]).toEqual([200, 0]);
  const told = ({ date: _date, 'x-request-id': _id, ...headers }: IncomingMessage['headers']) => headers;
  expect(told(head.headers)).toEqual(told(whole.headers));
});

describe('Range', () => {
  test.each([
    ['bytes=0-0', 0, 1],
    ['bytes=299990-', 299_990, 300_000],
    ['bytes=-10', 299_990, 300_000],
    ['bytes=100000-400000', 100_000, 300_000],
  ])('%s is that part', async (range, from, to) => {
    const answer = await ask('GET', { range });
    expect(answer.status).toBe(206);
    expect(answer.body.equals(content.subarray(from, to))).toBe(true);
    expect(answer.headers).toMatchObject({
      'content-range': `bytes ${from}-${to - 1}/${size}`,
      'content-length': String(to - from),
      etag: tag,
    });
  });

  test('behind the end is 416, with the size', async () => {
    const answer = await ask('GET', { range: 'bytes=300000-' });
    expect(answer.status).toBe(416);
    expect(answer.headers['content-range']).toBe(`bytes */${size}`);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'RANGE_NOT_SATISFIABLE' });
  });

  test('of a HEAD, of several parts, or of another file, is passed over', async () => {
    expect(await ask('HEAD', { range: 'bytes=0-9' })).toMatchObject({ status: 200 });
    expect((await ask('GET', { range: 'bytes=0-9,20-29' })).body.length).toBe(content.length);
    const resumed = { range: 'bytes=299990-', 'if-range': tag };
    expect(await ask('GET', resumed)).toMatchObject({ status: 206 });
    for (const other of ['"another"', `W/${tag}`, new Date().toUTCString()]) {
      expect((await ask('GET', { ...resumed, 'if-range': other })).status).toBe(200);
    }
  });
});

test('who has the file gets 304, and who has another of this name 412', async () => {
  for (const method of ['GET', 'HEAD'] as const) {
    const answer = await ask(method, { 'if-none-match': `"x", ${tag}` });
    expect([answer.status, answer.body.length]).toEqual([304, 0]);
    expect((await ask(method, { 'if-match': '"x"' })).status).toBe(412);
    expect((await ask(method, { 'if-match': tag })).status).toBe(200);
  }
});
