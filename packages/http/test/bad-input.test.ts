import { connect } from 'node:net';
import { newId } from '@hivesync/database';
import { type TestTokens, testUser } from '@hivesync/testing';
import { SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { type App, toApiError } from '../src/index.ts';
import { noteBytes } from './support/notes-app.ts';
import type { NoteId } from './support/notes-database.ts';
import { startNotes } from './support/notes-service.ts';

type Service = Awaited<ReturnType<typeof startNotes>>;

let service: Service;
let app: App;
let tokens: TestTokens;
let good: string;
const alice = testUser();

beforeAll(async () => {
  service = await startNotes({ listen: true });
  ({ app, tokens } = service);
  good = await tokens.userToken(alice);
});

const json = { 'content-type': 'application/json' };
const id = newId<NoteId>();

describe('a request that is wrong is answered 4xx with its code, as a problem document', () => {
  const post = (payload: string | Buffer, headers: Record<string, string> = json) =>
    ({ method: 'POST', url: '/api/v1/notes', payload, headers }) as const;
  const get = (url: string) => ({ method: 'GET', url }) as const;

  test.each([
    ['malformed JSON', post('{"text":'), 400, 'MALFORMED_JSON', undefined],
    ['prototype poisoning', post('{"text":"a","__proto__":{"x":1}}'), 400, 'MALFORMED_JSON', undefined],
    ['escaped poisoning', post('{"text":"a","\\u005f_proto__":{"x":1}}'), 400, 'MALFORMED_JSON', undefined],
    [
      'constructor poisoning',
      post('{"text":"a","extra":{"constructor":{"prototype":{"x":1}}}}'),
      400,
      'MALFORMED_JSON',
      undefined,
    ],
    [
      'bytes that are no UTF-8',
      post(Buffer.from('{"text":"J\xfcrgen"}', 'latin1')),
      400,
      'MALFORMED_JSON',
      undefined,
    ],
    ['UTF-16', post(Buffer.from('{"text":"a"}', 'utf16le')), 400, 'MALFORMED_JSON', undefined],
    [
      'a number beyond all bounds',
      post('{"text":"a","extra":{"n":[1e400]}}'),
      400,
      'VALIDATION_FAILED',
      ['body/extra/n/0'],
    ],
    [
      'an integer that would lose its last digit',
      post('{"text":"a","extra":{"n":9007199254740993}}'),
      400,
      'VALIDATION_FAILED',
      ['body/extra/n'],
    ],
    [
      'a compressed body',
      post('{"text":"a"}', { ...json, 'content-encoding': 'gzip' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      undefined,
    ],
    [
      'many unknown fields',
      post(`{${Array.from({ length: 9 }, (_, n) => `"n${n}":0`).join(',')}}`),
      400,
      'VALIDATION_FAILED',
      ['body/text', ...Array.from({ length: 7 }, (_, n) => `body/n${n}`)],
    ],
    ['no body', post('', {}), 400, 'VALIDATION_FAILED', ['body']],
    ['an empty JSON body', post(''), 400, 'VALIDATION_FAILED', ['body']],
    ['an array for an object', post('[]'), 400, 'VALIDATION_FAILED', ['body']],
    ['null', post('null'), 400, 'VALIDATION_FAILED', ['body']],
    ['a wrong type', post('{"text":7}'), 400, 'VALIDATION_FAILED', ['body/text']],
    ['a missing field', post('{}'), 400, 'VALIDATION_FAILED', ['body/text']],
    ['an unknown field', post('{"text":"a","admin":true}'), 400, 'VALIDATION_FAILED', ['body/admin']],
    [
      'text that is too long',
      post(JSON.stringify({ text: 'x'.repeat(201) })),
      400,
      'VALIDATION_FAILED',
      ['body/text'],
    ],
    ['a bad UUID', post('{"text":"a","reader_id":"7"}'), 400, 'VALIDATION_FAILED', ['body/reader_id']],
    [
      'a UUID as a URN',
      post(`{"text":"a","reader_id":"urn:uuid:${id}"}`),
      400,
      'VALIDATION_FAILED',
      ['body/reader_id'],
    ],
    ['a bad time', post('{"text":"a","due":"yesterday"}'), 400, 'VALIDATION_FAILED', ['body/due']],
    ['a wrong item', post('{"text":"a","tags":["x",1]}'), 400, 'VALIDATION_FAILED', ['body/tags/1']],
    [
      'too many items',
      post('{"text":"a","tags":["1","2","3","4"]}'),
      400,
      'VALIDATION_FAILED',
      ['body/tags'],
    ],
    ['NUL, escaped', post('{"text":"a\\u0000b"}'), 400, 'VALIDATION_FAILED', ['body/text']],
    [
      'NUL in a nested value',
      post('{"text":"a","extra":{"b":["\\u0000"]}}'),
      400,
      'VALIDATION_FAILED',
      ['body/extra/b/0'],
    ],
    ['NUL in a name', post('{"text":"a","extra":{"b\\u0000":1}}'), 400, 'VALIDATION_FAILED', ['body/extra']],
    ['half a surrogate pair', post('{"text":"\\ud800"}'), 400, 'VALIDATION_FAILED', ['body/text']],
    [
      'a body that is too deep',
      post(`{"text":"a","extra":{"a":${'['.repeat(9e4)}${']'.repeat(9e4)}}}`),
      400,
      'VALIDATION_FAILED',
      ['body'],
    ],
    [
      'a body that is too large',
      post(JSON.stringify({ text: 'x'.repeat(noteBytes) })),
      413,
      'BODY_TOO_LARGE',
      undefined,
    ],
    ['plain text', post('hello', { 'content-type': 'text/plain' }), 415, 'UNSUPPORTED_MEDIA_TYPE', undefined],
    [
      'a form',
      post('text=a', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      undefined,
    ],
    ['a bad UUID in the path', get('/api/v1/notes/7'), 400, 'VALIDATION_FAILED', ['path/note_id']],
    ['NUL in the path', get('/api/v1/notes/%00'), 400, 'VALIDATION_FAILED', ['path/note_id']],
    ['broken encoding in the path', get('/api/v1/notes/%zz'), 400, 'VALIDATION_FAILED', undefined],
    [
      'a part of the path that is too long',
      get(`/api/v1/notes/${'a'.repeat(300)}`),
      400,
      'VALIDATION_FAILED',
      undefined,
    ],
    ['NUL in the query', get('/api/v1/notes?starts=%00'), 400, 'VALIDATION_FAILED', ['query/starts']],
    ['broken encoding in the query', get('/api/v1/notes?starts=%zz'), 400, 'VALIDATION_FAILED', undefined],
    [
      'bytes that are no UTF-8 in the query',
      get('/api/v1/notes?starts=%ff'),
      400,
      'VALIDATION_FAILED',
      undefined,
    ],
    ['a limit of 0', get('/api/v1/notes?limit=0'), 400, 'VALIDATION_FAILED', ['query/limit']],
    ['a limit over 200', get('/api/v1/notes?limit=201'), 400, 'VALIDATION_FAILED', ['query/limit']],
    ['a fractional limit', get('/api/v1/notes?limit=1.5'), 400, 'VALIDATION_FAILED', ['query/limit']],
    ['a limit in hexadecimal', get('/api/v1/notes?limit=0x10'), 400, 'VALIDATION_FAILED', ['query/limit']],
    ['two limits', get('/api/v1/notes?limit=1&limit=2'), 400, 'VALIDATION_FAILED', ['query/limit']],
    ['an unknown parameter', get('/api/v1/notes?order=up'), 400, 'VALIDATION_FAILED', ['query/order']],
    ['a made-up cursor', get('/api/v1/notes?cursor=bm90aGluZw'), 400, 'MALFORMED_CURSOR', undefined],
    ['what does not exist', get(`/api/v1/notes/${id}`), 404, 'NOT_FOUND', undefined],
    ['no such route', get('/api/v1/nothing'), 404, 'ROUTE_NOT_FOUND', undefined],
    [
      'a method that the path does not know',
      { method: 'DELETE', url: '/api/v1/notes' } as const,
      405,
      'METHOD_NOT_ALLOWED',
      undefined,
    ],
  ])('%s', async (_what, request, status, code, paths) => {
    const answer = await app.inject({
      ...request,
      headers: { authorization: `Bearer ${good}`, ...('headers' in request && request.headers) },
    });
    expect(answer.json()).toMatchObject({ status, code, request_id: answer.headers['x-request-id'] });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    if (paths) expect(answer.json().errors.map(({ path }: { path: string }) => path)).toEqual(paths);
  });

  test('a body over the limit of its route says the limit', async () => {
    const answer = await app.inject({
      ...post(JSON.stringify({ text: 'x'.repeat(noteBytes) })),
      headers: { ...json, authorization: `Bearer ${good}` },
    });
    expect(answer.json().detail).toBe(`A body has at most ${noteBytes} bytes here.`);
  });

  test('415 says that no coding is taken', async () => {
    const answer = await app.inject(post('', { ...json, 'content-encoding': 'br' }));
    expect([answer.statusCode, answer.headers['accept-encoding']]).toEqual([415, 'identity']);
  });

  test('a part in place of the whole is 400', async () => {
    const answer = await app.inject({
      method: 'PUT',
      url: '/api/v1/notes',
      payload: '{}',
      headers: { ...json, 'content-range': 'bytes 0-1/9' },
    });
    expect(answer.json()).toMatchObject({ status: 400, errors: [{ path: 'header/content-range' }] });
  });

  test('405 says which methods there are', async () => {
    const answer = await app.inject({ method: 'DELETE', url: '/api/v1/notes' });
    expect(answer.headers.allow).toBe('GET, HEAD, POST');
  });

  test.each([
    ['a time that PostgreSQL cannot hold', `select '0000-01-01T00:00:00Z'::timestamptz`],
    ['a time zone that PostgreSQL does not know', `select '2026-01-01T00:00:00+23:59'::timestamptz`],
    [
      'a value that a check of the table refuses',
      `insert into user_refs (id) values ('${alice.id}');
       insert into notes (id, reader_id, text, version) values ('${id}', '${alice.id}', 'a', 0)`,
    ],
  ])('%s is the caller’s fault', async (_what, statement) => {
    const error = await service.dataSource.query(statement).catch((e: unknown) => e);
    expect(toApiError(error)).toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  test('nothing of all that was written', async () => {
    const [row] = await service.database.query<{ n: string }>('select count(*) as n from projects.notes');
    expect(row?.n).toBe('0');
  });
});

describe('a token that is not good here', () => {
  const unsigned = (header: object, payload: object) =>
    `${[header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
  const claims = () => ({
    iss: 'hivesync/identity',
    aud: 'hivesync',
    sub: alice.id,
    sid: alice.sid,
    tier: 'free',
    role: 'admin',
    exp: Math.floor(Date.now() / 1_000) + 600,
  });
  const publicKey = () => Buffer.from(JSON.stringify(tokens.userKeySet.keys[0]));
  const kid = () => tokens.userKeySet.keys[0]?.kid;

  test.each([
    ['none', async () => undefined, 'UNAUTHENTICATED'],
    ['another scheme', async () => 'Basic YTpi', 'UNAUTHENTICATED'],
    ['an empty one', async () => 'Bearer ', 'UNAUTHENTICATED'],
    ['no token at all', async () => 'Bearer nonsense', 'TOKEN_INVALID'],
    ['expired', async () => `Bearer ${await tokens.userToken(alice, { expiresIn: -60 })}`, 'TOKEN_EXPIRED'],
    ['forged', async () => `Bearer ${await tokens.userToken(alice, { forged: true })}`, 'TOKEN_INVALID'],
    [
      'for others',
      async () => `Bearer ${await tokens.userToken(alice, { audience: 'elsewhere' })}`,
      'TOKEN_INVALID',
    ],
    ['by others', async () => `Bearer ${await tokens.userToken(alice, { issuer: 'evil' })}`, 'TOKEN_INVALID'],
    ['another kind', async () => `Bearer ${await tokens.userToken(alice, { typ: 'JWT' })}`, 'TOKEN_INVALID'],
    [
      'a service’s',
      async () => `Bearer ${await tokens.serviceToken('identity', 'projects')}`,
      'TOKEN_INVALID',
    ],
    ['alg none', async () => `Bearer ${unsigned({ alg: 'none', kid: kid() }, claims())}`, 'TOKEN_INVALID'],
    [
      'HS256 with the public key',
      async () =>
        `Bearer ${await new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: kid()! }).sign(publicKey())}`,
      'TOKEN_INVALID',
    ],
    [
      'a changed payload',
      async () =>
        `Bearer ${good.replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify(claims())).toString('base64url')}.`)}`,
      'TOKEN_INVALID',
    ],
  ])('%s', async (_what, authorization, code) => {
    const header = await authorization();
    const answer = await app.inject({
      method: 'POST',
      url: '/api/v1/notes',
      // Malformed on purpose: who asks is settled before what they ask.
      payload: '{"text":',
      headers: { ...json, ...(header && { authorization: header }) },
    });
    expect([answer.statusCode, answer.json().code]).toEqual([401, code]);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="hivesync"/);
  });

  test('within 5 s of its end still counts', async () => {
    const late = await tokens.userToken(alice, { expiresIn: -2 });
    const answer = await app.inject({ url: '/api/v1/notes', headers: { authorization: `Bearer ${late}` } });
    expect(answer.statusCode).toBe(200);
  });
});

describe('on the wire', () => {
  const raw = (bytes: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { port, hostname } = new URL(service.url);
      const socket = connect(Number(port), hostname, () => socket.write(bytes));
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk;
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
    });

  test('bytes that are no HTTP get a problem document too', async () => {
    const answer = await raw('NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('"code":"VALIDATION_FAILED"');
  });

  test('headers that are too large are 431', async () => {
    const answer = await raw(`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('a client that leaves in the middle of its body harms nobody', async () => {
    const { port, hostname } = new URL(service.url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `POST /api/v1/notes HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${good}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"te`,
          () => socket.destroy(),
        );
      });
      socket.on('close', () => resolve());
    });
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
  });
});

describe('the request id', () => {
  test('is the caller’s where it is well-formed', async () => {
    const answer = await app.inject({ url: '/health/live', headers: { 'x-request-id': 'trace-1' } });
    expect(answer.headers['x-request-id']).toBe('trace-1');
  });

  test.each(['', 'a b', 'x'.repeat(129), 'é'])('is a new one for %j', async (given) => {
    const answer = await app.inject({ url: '/health/live', headers: { 'x-request-id': given } });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

test('what went wrong on our side is told to nobody', async () => {
  const answer = await app.inject({ url: '/api/v1/broken' });
  expect(answer.statusCode).toBe(500);
  expect(answer.json()).toEqual({
    type: 'https://hivesync.dev/problems/internal',
    title: 'Something went wrong on our side',
    status: 500,
    instance: '/api/v1/broken',
    code: 'INTERNAL',
    request_id: answer.headers['x-request-id'],
  });
});
