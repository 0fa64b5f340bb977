import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { createDataSource } from '@hivesync/database';
import { createLogger } from '@hivesync/http';
import { testTokens } from '@hivesync/testing';
import { describe, expect, test } from 'vitest';
import { buildApp, database, loadConfig } from '../src/app.ts';
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

describe('the app', () => {
  test('tells its OpenAPI document without a database', async () => {
    const config = loadConfig({
      PORT: '0',
      SERVICE_URLS: '{"projects":"http://127.0.0.1:9"}',
      DATABASE_URL: 'postgres://127.0.0.1:9/none',
      SERVICE_PRIVATE_KEY: (await testTokens()).privateKey('identity'),
      IDENTITY_KEY_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
      LOG_LEVEL: 'silent',
    });
    const app = await buildApp({ config, dataSource: createDataSource(database, config.DATABASE_URL) });
    await app.ready();
    const document = (await app.inject('/openapi.json')).json();
    expect(Object.keys(document.paths)).toContain('/api/v1/me');
    await app.close();
  });

  test('makes its signing key when it starts, before anybody logs in', async () => {
    const service = await startIdentityApp();
    await service.app.lifecycle.start();
    expect(await service.database.query('select from identity.signing_keys')).toHaveLength(1);
    expect((await service.asStranger().get('/health/live')).statusCode).toBe(200);
  });

  test('does not start where the signing key does not open', async () => {
    const service = await startIdentityApp();
    await service.app.lifecycle.start();
    const other = randomBytes(32).toString('base64');
    const app = await buildApp({
      config: { ...service.config, IDENTITY_KEY_ENCRYPTION_KEY: other },
      dataSource: service.dataSource,
    });
    await expect(app.lifecycle.start()).rejects.toThrow(/does not open with IDENTITY_KEY_ENCRYPTION_KEY/);
    await app.close();
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
