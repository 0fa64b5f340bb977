import { describe, expect, test } from 'vitest';
import { startIdentityApp } from '../support/app.ts';
import { password } from '../support/identity.ts';

const service = await startIdentityApp({ environment: { LOGIN_FAILURES_PER_ACCOUNT: '3' } });
const stranger = service.asStranger();
const refresh = (refresh_token: string) => stranger.post('/api/v1/auth/refresh', { refresh_token });
type Listed = { id: string; current: boolean; device_name: string; ip_address: string };

describe('POST /auth/login', () => {
  test('answers a pair of tokens that no cache may keep', async () => {
    const { id } = await service.person('alice');
    const answer = await stranger.post('/api/v1/auth/login', { email: 'alice@example.com', password });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.json()).toEqual({
      access_token: expect.stringMatching(/^ey/),
      token_type: 'Bearer',
      expires_in: 900,
      device_token: expect.stringMatching(/^hsd_[\w-]{72}$/),
      refresh_token: expect.stringMatching(/^hsr_[\w-]{91}$/),
      session_id: expect.any(String),
      suspicious: true, // neither this device nor this network was seen before
      user: expect.objectContaining({ id }),
    });
  });

  test('refuses a wrong password and an unknown email in the same words', async () => {
    const answers = [];
    for (const email of ['alice@example.com', 'nobody@example.com']) {
      const answer = await stranger.post('/api/v1/auth/login', { email, password: 'not the password' });
      const { request_id, ...problem } = answer.json();
      expect(request_id).toEqual(expect.any(String));
      answers.push(problem);
    }
    expect(answers[0]).toMatchObject({ status: 401, code: 'INVALID_CREDENTIALS' });
    expect(answers[1]).toEqual(answers[0]);
  });

  test('says when to try again after too many failures', async () => {
    await service.person('throttled');
    const attempt = (secret: string) =>
      stranger.post('/api/v1/auth/login', { email: 'throttled@example.com', password: secret });
    for (let n = 0; n < 3; n++) expect((await attempt('not the password')).statusCode).toBe(401);
    const answer = await attempt(password);
    expect(answer.json()).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });

  test('names the device by the body, else by X-Device-Name', async () => {
    const { call, email } = await service.person('devices');
    await stranger.post(
      '/api/v1/auth/login',
      { email, password },
      { headers: { 'x-device-name': 'Tablet' } },
    );
    const { items } = (await call.get('/api/v1/me/sessions')).json<{ items: Listed[] }>();
    expect(items.map((item) => item.device_name)).toEqual(['Tablet', 'Laptop']);
  });

  test('takes any X-Device-Name: in UTF-8, and cut where it is too long', async () => {
    const { call, email } = await service.person('named');
    const header = (name: string) => Buffer.from(name).toString('latin1');
    for (const name of ['Büro 🐝', 'Ü'.repeat(1_000)]) {
      const answer = await stranger.post(
        '/api/v1/auth/login',
        { email, password },
        { headers: { 'x-device-name': header(name) } },
      );
      expect(answer.statusCode).toBe(200);
    }
    const { items } = (await call.get('/api/v1/me/sessions')).json<{ items: Listed[] }>();
    expect(items.map((item) => item.device_name)).toEqual(['Ü'.repeat(200), 'Büro 🐝', 'Laptop']);
  });
});

describe('POST /auth/refresh', () => {
  test('trades the token for the next pair; fifty at once leave the session alive', async () => {
    const { refreshToken, sessionId } = await service.person('fifty');
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(refreshToken)));
    expect(new Set(answers.map((answer) => answer.statusCode))).toEqual(new Set([200]));
    const last = answers.at(-1)?.json();
    expect(last.session_id).toBe(sessionId);
    expect((await refresh(last.refresh_token)).statusCode).toBe(200);
  });

  test('refuses what is no token of ours', async () => {
    expect((await refresh('hsr_nonsense')).json()).toMatchObject({
      status: 401,
      code: 'REFRESH_TOKEN_INVALID',
    });
    expect((await stranger.post('/api/v1/auth/refresh', {})).statusCode).toBe(400);
  });
});

describe('POST /auth/logout', () => {
  test('ends the session: its refresh token is refused at once; repeating it is no error', async () => {
    const { call, refreshToken, id, sessionId } = await service.person('leaves');
    expect((await call.post('/api/v1/auth/logout')).statusCode).toBe(204);
    expect((await refresh(refreshToken)).statusCode).toBe(401);
    expect((await call.post('/api/v1/auth/logout')).statusCode).toBe(204);
    const ended = (await service.events('identity.session.ended')).filter(
      (event) => event.subject === sessionId,
    );
    expect(ended).toHaveLength(1);
    expect(ended[0]).toMatchObject({ actorid: id, data: { user_id: id, reason: 'logout' } });
  });

  test('needs a token', async () => {
    expect((await stranger.post('/api/v1/auth/logout')).statusCode).toBe(401);
  });
});

describe('/me/sessions', () => {
  test('lists where I am logged in, newest first, in pages', async () => {
    const { email, sessionId: first } = await service.person('lister');
    const second = await service.logIn(email, { device: 'Phone', address: '198.51.100.7' });
    const page = await second.call.get('/api/v1/me/sessions', {
      query: { limit: '1', include_total: 'true' },
    });
    expect(page.json()).toMatchObject({
      items: [
        {
          id: second.sessionId,
          current: true,
          device_name: 'Phone',
          ip_address: '198.51.100.7',
          suspicious: true,
        },
      ],
      total: 2,
    });
    const rest = await second.call.get('/api/v1/me/sessions', {
      query: { limit: '1', cursor: page.json().next_cursor },
    });
    expect(rest.json()).toMatchObject({ items: [{ id: first, current: false }], next_cursor: null });
  });

  test('ends one of mine, and none of somebody else', async () => {
    const mine = await service.person('ender');
    const other = await service.logIn(mine.email, { device: 'Phone' });
    const theirs = await service.person('bystander');
    expect((await mine.call.delete(`/api/v1/me/sessions/${theirs.sessionId}`)).json()).toMatchObject({
      status: 404,
      code: 'NOT_FOUND',
    });
    expect((await refresh(theirs.refreshToken)).statusCode).toBe(200);
    expect((await mine.call.delete(`/api/v1/me/sessions/${other.sessionId}`)).statusCode).toBe(204);
    expect((await refresh(other.refreshToken)).statusCode).toBe(401);
    expect((await mine.call.delete(`/api/v1/me/sessions/${other.sessionId}`)).statusCode).toBe(404);
    expect((await mine.call.delete('/api/v1/me/sessions/mine')).statusCode).toBe(400);
  });

  test('ends all but this one', async () => {
    const here = await service.person('everywhere');
    const others = [await service.logIn(here.email), await service.logIn(here.email)];
    expect((await here.call.delete('/api/v1/me/sessions')).statusCode).toBe(204);
    for (const other of others) expect((await refresh(other.refreshToken)).statusCode).toBe(401);
    expect((await refresh(here.refreshToken)).statusCode).toBe(200);
    const { items } = (await here.call.get('/api/v1/me/sessions')).json<{ items: Listed[] }>();
    expect(items.map((item) => item.id)).toEqual([here.sessionId]);
  });
});

describe('GET /internal/sessions/{session_id}', () => {
  test('tells other services whose session it is now, and nobody else', async () => {
    const gil = await service.person('gil');
    const path = `/internal/sessions/${gil.sessionId}`;
    const asked = async () => (await service.asService('audit').get(path)).json().session;
    expect(await asked()).toEqual({ user_id: gil.id, role: 'user' });
    await service.database.query(`update identity.users set role = 'admin' where id = $1`, [gil.id]);
    expect(await asked()).toEqual({ user_id: gil.id, role: 'admin' });
    expect((await gil.call.get(path)).statusCode).toBe(401);
    expect((await gil.call.delete(`/api/v1/me/sessions/${gil.sessionId}`)).statusCode).toBe(204);
    expect(await asked()).toBeNull();
  });
});
