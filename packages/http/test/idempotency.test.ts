import { createHmac } from 'node:crypto';
import { newId, requestSweep, transaction } from '@hivesync/database';
import { testUser } from '@hivesync/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deleteExpiredAnswers, findAnswer, storeAnswer } from '../src/idempotency/stored-answers.ts';
import type { ReferenceOwners } from '../src/index.ts';
import { startNotes } from './support/notes-service.ts';

let service: Awaited<ReturnType<typeof startNotes>>;
let resolved = 0;
let held: Promise<void> = Promise.resolve();
let entered = (): void => undefined;
const alice = testUser();
const bob = testUser();

const owners: ReferenceOwners = {
  resolve: async (_aggregate, ids) => {
    resolved += ids.length;
    return ids.map((id) => ({ id, version: 1, data: {} }));
  },
  list: async () => [],
};

const beforeWrite = () => {
  entered();
  return held;
};

beforeAll(async () => {
  service = await startNotes({ referenceOwners: owners, beforeWrite });
});
beforeEach(async () => {
  held = Promise.resolve();
  await service.database.query('truncate projects.notes, projects.idempotency_keys');
});

const create = (text: string, key: string, who = alice, body: object = {}) =>
  service.as(who).post('/api/v1/notes', { text, ...body }, { headers: { 'idempotency-key': key } });
const notes = async () => (await service.database.query('select text from projects.notes')).length;

describe('the same key and body', () => {
  test('give the stored answer again, and do nothing twice', async () => {
    const first = await create('a', 'k1');
    const again = await create('a', 'k1');
    expect(first.statusCode).toBe(201);
    expect(again.statusCode).toBe(201);
    expect(again.body).toBe(first.body);
    expect(again.headers.location).toBe(first.headers.location);
    expect(again.headers.etag).toBe(first.headers.etag);
    expect(again.headers['content-type']).toBe(first.headers['content-type']);
    expect([first.headers['idempotency-replayed'], again.headers['idempotency-replayed']]).toEqual([
      undefined,
      'true',
    ]);
    expect(await notes()).toBe(1);
  });

  test('whatever the order of the members', async () => {
    const reader = newId();
    await create('a', 'k1', alice, { reader_id: reader });
    const again = await service
      .as(alice)
      .post('/api/v1/notes', { reader_id: reader, text: 'a' }, { headers: { 'idempotency-key': 'k1' } });
    expect(again.headers['idempotency-replayed']).toBe('true');
  });

  test('ask no other service again', async () => {
    const reader = newId();
    resolved = 0;
    await create('a', 'k1', alice, { reader_id: reader });
    await service.database.query('truncate projects.user_refs, projects.notes');
    expect((await create('a', 'k1', alice, { reader_id: reader })).statusCode).toBe(201);
    expect(resolved).toBe(1);
  });

  test('give a refusal again too, although it would pass by now', async () => {
    await create('a', 'k1');
    const refused = await create('a', 'k2');
    await service.database.query('truncate projects.notes');
    const again = await create('a', 'k2');
    expect([refused.statusCode, refused.json().code]).toEqual([409, 'NAME_TAKEN']);
    expect([again.statusCode, again.body]).toEqual([409, refused.body]);
    expect(again.headers['content-type']).toBe(refused.headers['content-type']);
    expect(await notes()).toBe(0);
  });

  test('of another caller are another request', async () => {
    await create('a', 'k1');
    const other = await create('b', 'k1', bob);
    expect(other.statusCode).toBe(201);
    expect(other.headers['idempotency-replayed']).toBeUndefined();
  });

  test('after 24 h are a new request', async () => {
    await create('a', 'k1');
    await service.database.query(
      `update projects.idempotency_keys set expires_at = now() - interval '1 second';
       delete from projects.notes`,
    );
    const again = await create('a', 'k1');
    expect(again.headers['idempotency-replayed']).toBeUndefined();
    expect((await create('a', 'k1')).body).toBe(again.body);
  });
});

test('what is kept is hashed under a key that serves nothing else', async () => {
  const { cursorSecret, idempotencySecret } = service.app;
  await create('a', 'k1');
  const [row] = await service.database.query<{ request_hash: Buffer }>(
    'select request_hash from projects.idempotency_keys',
  );
  const hashed = (secret: Buffer) =>
    createHmac('sha256', secret)
      .update(JSON.stringify(['POST', '/api/v1/notes', [['text', 'a']]]))
      .digest();
  expect(row?.request_hash).toEqual(hashed(idempotencySecret));
  expect(row?.request_hash).not.toEqual(hashed(cursorSecret));
});

test('another body under the key is 422', async () => {
  await create('a', 'k1');
  const other = await create('b', 'k1');
  expect([other.statusCode, other.json().code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
});

test('while the first is still running, others are 409; then they get its answer', async () => {
  let release = (): void => undefined;
  held = new Promise((resolve) => {
    release = resolve;
  });
  const atWork = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const first = create('a', 'k1');
  await atWork;
  const meanwhile = await create('a', 'k1');
  release();
  expect([meanwhile.statusCode, meanwhile.json().code]).toEqual([409, 'IDEMPOTENCY_KEY_IN_USE']);
  const done = await first;
  expect(done.statusCode).toBe(201);
  expect((await create('a', 'k1')).body).toBe(done.body);
});

test('of 20 at once one is done, and all others get its answer or 409', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => create('a', 'k1')));
  expect(await notes()).toBe(1);
  const created = answers.filter(({ statusCode }) => statusCode === 201);
  expect(new Set(created.map(({ body }) => body)).size).toBe(1);
  expect(answers.every(({ statusCode }) => statusCode === 201 || statusCode === 409)).toBe(true);
});

test('an answer that fails on our side is not kept, and neither is its effect', async () => {
  held = Promise.reject(new Error('broken'));
  held.catch(() => undefined);
  expect((await create('a', 'k1')).statusCode).toBe(500);
  held = Promise.resolve();
  expect((await create('a', 'k1')).statusCode).toBe(201);
});

test('answers and effects are one: without the answer there is no note', async () => {
  await service.database.query(
    `create function projects.refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
     create trigger refuse before insert on projects.idempotency_keys execute function projects.refuse()`,
  );
  try {
    expect((await create('a', 'k1')).statusCode).toBe(500);
    expect(await notes()).toBe(0);
  } finally {
    await service.database.query('drop function projects.refuse cascade');
  }
});

test.each(['', 'x'.repeat(256), 'tab\there', 'é'])('the key %j is refused', async (key) => {
  const answer = await create('a', key);
  expect(answer.json()).toMatchObject({
    code: 'VALIDATION_FAILED',
    errors: [{ path: 'header/idempotency-key' }],
  });
  expect(await notes()).toBe(0);
});

test('strangers are told apart by their address', async () => {
  const greet = (address: string) =>
    service
      .asStranger()
      .post(
        '/api/v1/strangers',
        { text: 'hi' },
        { headers: { 'idempotency-key': 'k', 'x-forwarded-for': address } },
      );
  const first = await greet('203.0.113.7');
  expect((await greet('203.0.113.7')).body).toBe(first.body);
  expect((await greet('203.0.113.8')).body).not.toBe(first.body);
  const rows = await service.database.query<{ caller: string }>(
    'select caller from projects.idempotency_keys',
  );
  expect(rows.every(({ caller }) => !caller.includes('203.0'))).toBe(true);
});

test('without a key, each request is its own', async () => {
  expect((await service.as(alice).post('/api/v1/notes', { text: 'a' })).statusCode).toBe(201);
  expect((await service.as(alice).post('/api/v1/notes', { text: 'a' })).statusCode).toBe(409);
});

test('expired answers go in batches, live ones stay', async () => {
  await Promise.all(['a', 'b', 'c', 'd', 'e'].map((text) => create(text, text)));
  await service.database.query(`update projects.idempotency_keys set expires_at = now() where key <> 'e'`);
  expect(await deleteExpiredAnswers(service.dataSource, 2)).toBe(4);
  const left = await service.database.query<{ key: string }>('select key from projects.idempotency_keys');
  expect(left).toEqual([{ key: 'e' }]);
});

test('an answer is kept without the name of somebody who is deleted', async () => {
  const [gone, there] = [newId(), newId()];
  const body = [gone, there].map((id) => ({ id, display_name: 'Name', avatar_url: null }));
  const identified = { caller: `user:${alice.id}`, key: 'names', hash: Buffer.from('h') };
  await transaction(service.dataSource, async (tx) => {
    await requestSweep(tx, 'identity.user', gone, 2);
    await storeAnswer(tx, identified, { status: 201, headers: {}, body: JSON.stringify(body) });
  });
  const found = await findAnswer(service.dataSource, identified);
  expect(JSON.parse(found?.answer.body ?? '')).toEqual([{ ...body[0], display_name: null }, body[1]]);
});
