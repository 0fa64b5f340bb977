import { createPrivateKey } from 'node:crypto';
import { defineDatabase } from '@hivesync/database';
import Fastify from 'fastify';
import { jwtVerify } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  emptyDatabase,
  type ServiceParts,
  type StartServiceOptions,
  severableProxy,
  startService,
  testTokens,
  testUser,
} from '../src/index.ts';

interface Config {
  url: string;
  key: string;
  greeting: string;
}

/** A service in small: says who calls, by their token alone, and which role it has in its database. */
async function buildApp({ config, dataSource, keys }: ServiceParts<Config>) {
  const app = Fastify();
  app.get('/whoami', async (request, reply) => {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const expected = { issuer: 'hivesync/identity', audience: 'hivesync', algorithms: ['EdDSA'] };
    try {
      const { payload } = await jwtVerify(token, keys.user, expected);
      return { sub: payload.sub, tier: payload.tier, role: payload.role, greeting: config.greeting };
    } catch {
      return reply.code(401).send();
    }
  });
  app.get('/internal/caller', async (request, reply) => {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const key = keys.service('projects');
    if (!key) return reply.code(401).send();
    const expected = { issuer: 'hivesync/projects', audience: 'hivesync/billing', algorithms: ['EdDSA'] };
    const { payload } = await jwtVerify(token, key, expected);
    return { sub: payload.sub };
  });
  app.post('/echo', async (request) => request.body);
  app.get('/role', async () => (await dataSource.query('select current_user as role'))[0]);
  return app;
}

const options = {
  database: defineDatabase({ service: 'billing', entities: [], migrations: [] }),
  loadConfig: (environment: Record<string, string>): Config => ({
    url: environment.DATABASE_URL ?? '',
    key: environment.SERVICE_PRIVATE_KEY ?? '',
    greeting: environment.GREETING ?? '',
  }),
  buildApp,
  environment: { GREETING: 'hello' },
} satisfies Partial<StartServiceOptions<Config, Awaited<ReturnType<typeof buildApp>>>>;

describe('a started service', () => {
  let service: Awaited<ReturnType<typeof startService<Config, Awaited<ReturnType<typeof buildApp>>>>>;
  beforeAll(async () => {
    service = await startService({ ...options, on: await emptyDatabase() });
  });

  it('is its database role', async () => {
    expect((await service.asStranger().get('/role')).json()).toEqual({ role: 'billing_app' });
  });

  it('knows a person by a token whose signature it verifies', async () => {
    const admin = testUser({ tier: 'pro', role: 'admin' });
    const answer = await service.as(admin).get('/whoami');
    expect(answer.json()).toEqual({ sub: admin.id, tier: 'pro', role: 'admin', greeting: 'hello' });
  });

  it.each([
    ['forged', { forged: true }],
    ['expired', { expiresIn: -60 }],
    ['of another issuer', { issuer: 'hivesync/projects' }],
    ['for another audience', { audience: 'elsewhere' }],
  ])('refuses a token that is %s', async (_, flaws) => {
    expect((await service.as(testUser(), flaws).get('/whoami')).statusCode).toBe(401);
  });

  it('knows a service that calls, and refuses a person there', async () => {
    expect((await service.asService('projects').get('/internal/caller')).json()).toEqual({ sub: 'projects' });
    expect((await service.as(testUser()).get('/internal/caller')).statusCode).toBe(500);
  });

  it('takes bodies, and has an Ed25519 key of its own', async () => {
    expect((await service.as(testUser()).post('/echo', { text: 'hi' })).json()).toEqual({ text: 'hi' });
    const key = Buffer.from(service.config.key, 'base64');
    expect(createPrivateKey({ key, format: 'der', type: 'pkcs8' }).asymmetricKeyType).toBe('ed25519');
  });

  it('does not trust the keys of another test', async () => {
    const token = await (await testTokens()).userToken(testUser());
    const headers = { authorization: `Bearer ${token}` };
    expect((await service.asStranger().get('/whoami', { headers })).statusCode).toBe(401);
  });
});

it('listens where that is wanted, and may be cut off from its database', async () => {
  const database = await emptyDatabase();
  const { hostname, port } = new URL(database.adminUrl);
  const proxy = await severableProxy(Number(port), hostname);
  const service = await startService({ ...options, on: database, listen: true, through: proxy.through });
  const role = () => fetch(`${service.url}/role`).then(({ status }) => status);
  expect(await role()).toBe(200);
  proxy.sever();
  expect(await role()).toBe(500);
  proxy.restore();
  expect(await role()).toBe(200);
  await service.close();
  await expect(role()).rejects.toThrow('fetch failed');
});
