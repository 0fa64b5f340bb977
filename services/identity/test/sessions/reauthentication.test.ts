import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { type Person, startIdentityApp } from '../support/app.ts';
import { password } from '../support/identity.ts';

const service = await startIdentityApp({ environment: { LOGIN_FAILURES_PER_ACCOUNT: '3' } });
const path = '/api/v1/auth/reauthenticate';
const refresh = (token: string) =>
  service.asStranger().post('/api/v1/auth/refresh', { refresh_token: token });
const authTime = (token: string): number => Number(decodeJwt(token).auth_time);
const now = () => Date.now() / 1_000;

/** As if they had logged in an hour ago. */
async function loggedInLongAgo(name: string): Promise<Person> {
  const person = await service.person(name);
  await service.database.query(
    `update identity.sessions set created_at = now() - interval '1 hour' where id = $1`,
    [person.sessionId],
  );
  return person;
}

describe('when the password was shown', () => {
  test('is in the token of a login, and not moved by a refresh', async () => {
    const { accessToken } = await service.person('login');
    expect(now() - authTime(accessToken)).toBeLessThan(5);
    const { refreshToken } = await loggedInLongAgo('refresher');
    const refreshed = (await refresh(refreshToken)).json();
    expect(now() - authTime(refreshed.access_token)).toBeCloseTo(3_600, -2);
  });

  test('is renewed by showing it again, in the one token that is answered', async () => {
    const { call, id, sessionId, refreshToken } = await loggedInLongAgo('again');
    const answer = await call.post(path, { password });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    const { access_token: token, ...rest } = answer.json();
    expect(rest).toEqual({ token_type: 'Bearer', expires_in: 900 });
    expect(decodeJwt(token)).toMatchObject({ sub: id, sid: sessionId });
    expect(now() - authTime(token)).toBeLessThan(5);
    expect((await service.events('identity.session.reauthenticated')).at(-1)).toMatchObject({
      subject: sessionId,
      actorid: id,
      data: { user_id: id },
    });

    // Whoever stole the refresh token has gained nothing.
    const refreshed = (await refresh(refreshToken)).json();
    expect(now() - authTime(refreshed.access_token)).toBeGreaterThan(3_500);
  });
});

describe('showing the password again', () => {
  test('needs the right one, of the same person, and is throttled as a login is', async () => {
    const { call, id } = await service.person('guessed');
    const other = 'another horse battery staple';
    const registration = { email: 'other@example.com', password: other, display_name: 'Other' };
    await service.asStranger().post('/api/v1/auth/register', registration);
    expect((await call.post(path, { password: other })).json().code).toBe('INVALID_CREDENTIALS');
    expect((await service.events('identity.login.failed')).at(-1)).toMatchObject({
      subject: id,
      data: { reason: 'credentials' },
    });
    for (let guess = 0; guess < 2; guess++) {
      expect((await call.post(path, { password: `guess ${guess}` })).statusCode).toBe(401);
    }
    const throttled = await call.post(path, { password });
    expect(throttled.json()).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(throttled.headers['retry-after']).toMatch(/^[1-9]\d*$/);
  });

  test('is of no use in a session that was ended, nor to strangers', async () => {
    const { call } = await service.person('ended');
    await call.post('/api/v1/auth/logout');
    expect((await call.post(path, { password })).json()).toMatchObject({
      status: 401,
      code: 'TOKEN_INVALID',
    });
    expect((await service.asStranger().post(path, { password })).json().code).toBe('UNAUTHENTICATED');
    expect((await (await service.person('bare')).call.post(path, {})).statusCode).toBe(400);
  });
});
