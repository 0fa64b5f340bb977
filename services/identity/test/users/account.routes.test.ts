import { describe, expect, test } from 'vitest';
import { startIdentityApp } from '../support/app.ts';
import { password } from '../support/identity.ts';

const tagOf = (version: number) => expect.stringMatching(new RegExp(`^"${version}[.][\\w-]{16}"$`));
const service = await startIdentityApp();
const stranger = service.asStranger();
const register = (body: object, headers: Record<string, string> = {}) =>
  stranger.post('/api/v1/auth/register', body, { headers });

describe('POST /auth/register', () => {
  test('makes a free account and says where it is, without a token', async () => {
    const answer = await register({ email: 'alice@example.com', password, display_name: 'Alice' });
    expect(answer.statusCode).toBe(201);
    expect(answer.headers).toMatchObject({ location: '/api/v1/me', etag: tagOf(1) });
    expect(answer.json()).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      email: 'alice@example.com',
      email_verified: false,
      display_name: 'Alice',
      avatar_url: null,
      preferences_json: {},
      tier: 'free',
      role: 'user',
      version: 1,
      created_at: expect.stringMatching(/Z$/),
      updated_at: expect.stringMatching(/Z$/),
    });
    expect((await service.events('identity.user.registered')).at(-1)).toMatchObject({
      subject: answer.json().id,
      aggregateversion: 1,
      actorid: answer.json().id,
      data: { display_name: 'Alice', avatar_url: null, tier: 'free' },
    });
  });

  test('needs no name, and shows nothing of the email in its place', async () => {
    const answer = await register({ email: 'nameless.person@example.com', password });
    expect(answer.statusCode).toBe(201);
    expect(answer.json().display_name).toBe('New user');
  });

  test('takes an address once, whatever its case, also when ten try at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        register({ email: n % 2 ? 'bob@example.com' : 'BOB@Example.com', password }),
      ),
    );
    const statuses = answers.map((answer) => answer.statusCode).sort();
    expect(statuses).toEqual([201, ...Array<number>(9).fill(409)]);
    expect(answers.find((answer) => answer.statusCode === 409)?.json()).toMatchObject({
      code: 'EMAIL_TAKEN',
    });
  });

  test('answers a repeated Idempotency-Key alike, and stores no password with it', async () => {
    const key = { 'idempotency-key': 'again' };
    const first = await register({ email: 'once@example.com', password }, key);
    const second = await register({ email: 'once@example.com', password }, key);
    expect([first.statusCode, second.statusCode]).toEqual([201, 201]);
    expect(second.json()).toEqual(first.json());
    const other = await register({ email: 'twice@example.com', password }, key);
    expect(other.json()).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
    const [row] = await service.database.query<{ row: string }>(
      'select t::text as row from identity.idempotency_keys as t',
    );
    expect(row?.row).toContain('once@example.com');
    expect(row?.row).not.toContain(password);
    expect(row?.row).not.toContain('argon2');
  });

  test.each([
    ['no body', undefined, 400, 'VALIDATION_FAILED'],
    ['no email', { password }, 400, 'VALIDATION_FAILED'],
    ['no address', { email: 'nobody', password }, 400, 'VALIDATION_FAILED'],
    ['a short password', { email: 'x@example.com', password: 'short' }, 400, 'VALIDATION_FAILED'],
    ['257 bytes', { email: 'x@example.com', password: `${'é'.repeat(128)}e` }, 400, 'VALIDATION_FAILED'],
    ['a common password', { email: 'x@example.com', password: 'Password123' }, 422, 'PASSWORD_TOO_COMMON'],
    [
      'ten digits in full width',
      { email: 'x@example.com', password: '１２３４５６７８９０' },
      422,
      'PASSWORD_TOO_COMMON',
    ],
    [
      'letters that are one each when prepared',
      { email: 'x@example.com', password: 'u\u0308e\u0301o\u0302a\u0300i\u0308' },
      400,
      'VALIDATION_FAILED',
    ],
    [
      '260 bytes that were 60 before they were prepared',
      { email: 'x@example.com', password: '\ufdfa'.repeat(20) },
      400,
      'VALIDATION_FAILED',
    ],
    ['a role', { email: 'x@example.com', password, role: 'admin' }, 400, 'VALIDATION_FAILED'],
    [
      'NUL in the name',
      { email: 'x@example.com', password, display_name: 'a\u0000b' },
      400,
      'VALIDATION_FAILED',
    ],
    ['an empty name', { email: 'x@example.com', password, display_name: '' }, 400, 'VALIDATION_FAILED'],
    [
      'a name of 201 code points in few characters',
      { email: 'x@example.com', password, display_name: `e${'\u0301'.repeat(201)}` },
      400,
      'VALIDATION_FAILED',
    ],
  ])('refuses %s', async (_, body, status, code) => {
    const answer = await register(body as object);
    expect(answer.json()).toMatchObject({ status, code });
    expect(await service.database.query(`select from identity.users where email = 'x@example.com'`)).toEqual(
      [],
    );
  });
});

describe('/me', () => {
  test('is for people with a token', async () => {
    expect((await stranger.get('/api/v1/me')).json()).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    const { call, id } = await service.person('me');
    const answer = await call.get('/api/v1/me');
    expect(answer.statusCode).toBe(200);
    expect(answer.headers.etag).toEqual(tagOf(1));
    expect(answer.json()).toMatchObject({ id, email: 'me@example.com', display_name: 'me' });
  });

  test('changes what is given, and tells other services', async () => {
    const { call, id } = await service.person('changes');
    const preferences_json = { theme: 'dark', nested: { list: [1, 'two', null] } };
    const first = await call.patch('/api/v1/me', { display_name: 'Changed 🐝', preferences_json });
    expect(first.statusCode).toBe(200);
    expect(first.headers.etag).toEqual(tagOf(2));
    expect(first.json()).toMatchObject({ display_name: 'Changed 🐝', preferences_json, version: 2 });
    const second = await call.patch('/api/v1/me', { avatar_url: 'https://example.com/bee.png' });
    expect(second.json()).toMatchObject({
      display_name: 'Changed 🐝',
      avatar_url: 'https://example.com/bee.png',
      preferences_json,
      version: 3,
    });
    expect((await call.patch('/api/v1/me', { avatar_url: null })).json()).toMatchObject({ avatar_url: null });
    const updates = (await service.events('identity.user.updated')).filter((event) => event.subject === id);
    expect(updates.map((event) => event.aggregateversion)).toEqual([2, 3, 4]);
    expect(updates[1]).toMatchObject({
      actorid: id,
      data: { display_name: 'Changed 🐝', avatar_url: 'https://example.com/bee.png', tier: 'free' },
    });
  });

  test('preferences keep every name, whatever it is', async () => {
    const { call } = await service.person('names');
    const preferences_json = {
      'a\nb': 1,
      'a\u2028b': { 'c\r\nd': [{ '': 2 }] },
      '': 3,
      constructor: 4,
      toString: 5,
      'x/y~z': 6,
      ' ': 7,
      '🐝': 8,
    };
    expect((await call.patch('/api/v1/me', { preferences_json })).json()).toMatchObject({ preferences_json });
    expect((await call.get('/api/v1/me')).json().preferences_json).toEqual(preferences_json);
  });

  test('preferences in another order are the same', async () => {
    const { call, id } = await service.person('order');
    const set = (preferences_json: object) => call.patch('/api/v1/me', { preferences_json });
    expect((await set({ zoom: 1, list: [{ b: 0, a: 2 }], a: null })).json().version).toBe(2);
    expect((await set({ zoom: 1.0, a: null, list: [{ b: -0, a: 2 }] })).json().version).toBe(2);
    expect((await set({ a: null, list: [{ a: 2, b: 1 }], zoom: 1 })).json().version).toBe(3);
    const updates = (await service.events('identity.user.updated')).filter((event) => event.subject === id);
    expect(updates.map((event) => event.aggregateversion)).toEqual([2, 3]);
  });

  test('a change to what is there already changes nothing', async () => {
    const { call, id } = await service.person('same');
    expect((await call.patch('/api/v1/me', { display_name: 'same' })).headers.etag).toEqual(tagOf(1));
    expect((await call.patch('/api/v1/me', {})).headers.etag).toEqual(tagOf(1));
    expect((await service.events('identity.user.updated')).filter((event) => event.subject === id)).toEqual(
      [],
    );
  });

  test("is 304 for one's own answer alone, whatever versions they have", async () => {
    const [one, other] = [await service.person('one'), await service.person('other')];
    const tag = String((await one.call.get('/api/v1/me')).headers.etag);
    for (const given of [tag, '"1"']) {
      const answer = await other.call.get('/api/v1/me', { headers: { 'if-none-match': given } });
      expect([answer.statusCode, answer.json().id]).toEqual([200, other.id]);
      expect(answer.headers['cache-control']).toBe('private, no-cache');
    }
    const answer = await one.call.get('/api/v1/me', { headers: { 'if-none-match': tag } });
    expect([answer.statusCode, answer.body]).toEqual([304, '']);
  });

  test('honours If-Match where it is sent', async () => {
    const { call } = await service.person('matching');
    const change = (version: string) =>
      call.patch('/api/v1/me', { display_name: `v${version}` }, { headers: { 'if-match': version } });
    expect((await change('"1"')).statusCode).toBe(200);
    const stale = await change('"1"');
    expect(stale.json()).toMatchObject({ status: 412, code: 'PRECONDITION_FAILED' });
    expect(stale.headers.etag).toBe('"2"');
    expect((await change('W/1')).json()).toMatchObject({ status: 400, code: 'MALFORMED_IF_MATCH' });
  });

  test('parallel changes all count', async () => {
    const { call } = await service.person('busy');
    await Promise.all(
      Array.from({ length: 12 }, (_, n) => call.patch('/api/v1/me', { display_name: `n${n}` })),
    );
    expect((await call.get('/api/v1/me')).json().version).toBe(13);
  });

  test.each([
    ['an avatar without TLS', { avatar_url: 'http://example.com/a.png' }],
    ['an avatar that is a script', { avatar_url: 'javascript:alert(1)' }],
    ['an avatar with a password in it', { avatar_url: 'https://me:secret@example.com/a.png' }],
    ['an avatar with a name in it', { avatar_url: 'https://me@example.com/a.png' }],
    ['an avatar that hides its host', { avatar_url: 'https://example.com\\@example.org/a.png' }],
    ['preferences that are a list', { preferences_json: [1] }],
    ['preferences over 16 KB', { preferences_json: { big: 'x'.repeat(16_384) } }],
    ['NUL deep in preferences', { preferences_json: { a: [{ b: '\u0000' }] } }],
    ['another tier', { tier: 'premium' }],
    ['another email', { email: 'other@example.com' }],
  ])('refuses %s', async (_, change) => {
    const { call } = await service.logIn('refusals@example.com').catch(() => service.person('refusals'));
    expect((await call.patch('/api/v1/me', change)).json()).toMatchObject({
      status: 400,
      code: 'VALIDATION_FAILED',
    });
    expect((await call.get('/api/v1/me')).json().version).toBe(1);
  });
});
