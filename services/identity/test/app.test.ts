import { PassThrough } from 'node:stream';
import { createLogger } from '@hivesync/http';
import { describe, expect, test } from 'vitest';
import { startIdentityApp } from './support/app.ts';
import { password } from './support/identity.ts';

describe('GET /.well-known/jwks.json', () => {
  test('publishes the public half of the key that signs', async () => {
    const service = await startIdentityApp();
    const { accessToken } = await service.person('alice');
    const answer = await service.asStranger().get('/.well-known/jwks.json');
    expect(answer.headers['cache-control']).toBe('public, max-age=60');
    const { kid } = JSON.parse(Buffer.from(accessToken.split('.')[0] ?? '', 'base64url').toString());
    expect(answer.json()).toEqual({
      keys: [{ kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid, alg: 'EdDSA', use: 'sig' }],
    });
  });
});

describe('the OpenAPI document', () => {
  test('names, tags and secures every operation', async () => {
    const service = await startIdentityApp();
    const document = (await service.asStranger().get('/openapi.json')).json();
    const operations = Object.entries(document.paths as Record<string, Record<string, unknown>>).flatMap(
      ([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({ at: `${method} ${path}`, operation })),
    );
    expect(operations.map(({ at }) => at)).toEqual(
      expect.arrayContaining([
        'post /api/v1/auth/register',
        'post /api/v1/auth/login',
        'post /api/v1/auth/refresh',
        'post /api/v1/auth/logout',
        'get /api/v1/me',
        'patch /api/v1/me',
        'get /api/v1/me/sessions',
        'delete /api/v1/me/sessions',
        'delete /api/v1/me/sessions/{session_id}',
        'get /api/v1/notifications',
        'get /api/v1/notifications/unread-count',
        'post /api/v1/notifications/read',
        'get /api/v1/admin/users',
        'get /api/v1/admin/users/{user_id}',
        'post /internal/users/resolve',
        'post /internal/users/find-by-email',
      ]),
    );
    for (const { at, operation } of operations.filter(({ at }) => !/\/(health|metrics)/.test(at))) {
      expect(operation, at).toMatchObject({
        operationId: expect.any(String),
        summary: expect.any(String),
        tags: [expect.any(String)],
        security: expect.any(Array),
      });
    }
  });
});

describe('the log', () => {
  test('holds no email, password, token or address of a whole journey', async () => {
    const stream = new PassThrough();
    let log = '';
    stream.on('data', (chunk) => {
      log += chunk;
    });
    const service = await startIdentityApp({
      logger: createLogger({ service: 'identity', level: 'trace' }, stream),
    });
    const alice = await service.person('alice.in.the.log');
    await service
      .asStranger()
      .post('/api/v1/auth/login', { email: alice.email, password: 'a wrong password' });
    await service.asStranger().post('/api/v1/auth/register', { email: alice.email, password });
    await service.asStranger().post('/api/v1/auth/refresh', { refresh_token: alice.refreshToken });
    await alice.call.patch('/api/v1/me', { preferences_json: { big: 'x'.repeat(16_384) } });
    await alice.call.post('/api/v1/auth/logout');
    expect(log).toContain('/api/v1/auth/login');
    for (const secret of [
      alice.email,
      password,
      'a wrong password',
      alice.accessToken,
      alice.refreshToken,
      '192.0.2.1',
    ]) {
      expect(log).not.toContain(secret);
    }
  });
});

describe('configuration', () => {
  test('a key that is not 32 bytes is refused with the way to make one', async () => {
    await expect(
      startIdentityApp({ environment: { IDENTITY_KEY_ENCRYPTION_KEY: 'c2hvcnQ=' } }),
    ).rejects.toThrow(/32 bytes in base64.*openssl/);
  });
});
