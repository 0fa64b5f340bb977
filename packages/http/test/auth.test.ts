import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atFileEnd, settledFeed, type TestTokens, testTokens, testUser } from '@hivesync/testing';
import Fastify from 'fastify';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { authentication } from '../src/auth/authentication.ts';
import {
  baseConfigSchema,
  loadConfig,
  localKeySet,
  remoteKeys,
  serviceTokens,
  verifyServiceToken,
  verifyUserToken,
} from '../src/index.ts';
import { startNotes } from './support/notes-service.ts';

const alice = testUser();

describe('keys by URL', () => {
  let tokens: TestTokens;
  let fetches: string[];
  let reply: () => { status: number; body: unknown };
  let url: string;
  let close: () => void;

  beforeEach(async () => {
    tokens = await testTokens();
    fetches = [];
    reply = () => ({ status: 200, body: tokens.userKeySet });
    const server = createServer((request, response) => {
      fetches.push(request.url ?? '');
      const { status, body } = reply();
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    close = () => {
      server.closeAllConnections();
      server.close();
    };
  });
  afterEach(() => close());

  test('are fetched once for many tokens, also when they come at once', async () => {
    const keys = remoteKeys({ identity: url });
    await Promise.all(
      Array.from({ length: 10 }, async () => verifyUserToken(await tokens.userToken(alice), keys)),
    );
    expect(await verifyUserToken(await tokens.userToken(alice), keys)).toEqual(alice);
    expect(fetches).toEqual(['/.well-known/jwks.json']);
  });

  test('are fetched again for a key that is new, but not for each token that claims one', async () => {
    const keys = remoteKeys({ identity: url }, { cooldownMs: 200 });
    await verifyUserToken(await tokens.userToken(alice), keys);
    const next = await testTokens();
    reply = () => ({ status: 200, body: next.userKeySet });
    const token = await next.userToken(alice);
    for (let i = 0; i < 5; i += 1) {
      await expect(verifyUserToken(token, keys)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    }
    expect(fetches).toHaveLength(1);
    await new Promise((done) => setTimeout(done, 250));
    expect(await verifyUserToken(token, keys)).toEqual(alice);
    expect(fetches).toHaveLength(2);
  });

  test('that cannot be had are 503, and the next request tries again', async () => {
    const keys = remoteKeys({ identity: url });
    const token = await tokens.userToken(alice);
    reply = () => ({ status: 500, body: {} });
    await expect(verifyUserToken(token, keys)).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      headers: { 'retry-after': '2' },
    });
    reply = () => ({ status: 200, body: tokens.userKeySet });
    expect(await verifyUserToken(token, keys)).toEqual(alice);
  });

  test('that are known stay good while their owner is away, for as long as they are trusted', async () => {
    const keys = remoteKeys({ identity: url }, { refreshAfterMs: 0, trustForMs: 300 });
    const token = await tokens.userToken(alice);
    await verifyUserToken(token, keys);
    reply = () => ({ status: 500, body: {} });
    expect(await verifyUserToken(token, keys)).toEqual(alice);
    await new Promise((done) => setTimeout(done, 350));
    await expect(verifyUserToken(token, keys)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });

  test('of an owner that never answers are given up in time', async () => {
    close();
    const silent = createServer(() => undefined);
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    close = () => {
      silent.closeAllConnections();
      silent.close();
    };
    const identity = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const begun = performance.now();
    const verifying = verifyUserToken(
      await tokens.userToken(alice),
      remoteKeys({ identity }, { deadlineMs: 150 }),
    );
    await expect(verifying).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

test('keys at hand are loaded again for a key that is new', async () => {
  let tokens = await testTokens();
  let loads = 0;
  const user = localKeySet(
    async () => {
      loads += 1;
      return tokens.userKeySet;
    },
    { cooldownMs: 0 },
  );
  const keys = { user, service: () => undefined };
  await verifyUserToken(await tokens.userToken(alice), keys);
  await verifyUserToken(await tokens.userToken(alice), keys);
  expect(loads).toBe(1);
  tokens = await testTokens();
  expect(await verifyUserToken(await tokens.userToken(alice), keys)).toEqual(alice);
  expect(loads).toBe(2);
});

describe('claims that a token must carry', () => {
  test.each([{ tier: 'gold' }, { role: 'root' }, { sid: '7' }, { id: 'alice' }, { authTime: 1.5 }])(
    '%j is refused',
    async (claim) => {
      const tokens = await testTokens();
      const token = await tokens.userToken({ ...alice, ...claim } as typeof alice);
      await expect(verifyUserToken(token, tokens.keys)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    },
  );
});

describe('the service', () => {
  let service: Awaited<ReturnType<typeof startNotes>>;
  /** What identity says of any session. */
  let session: { user_id: string; role: string } | null = null;
  beforeAll(async () => {
    const identity = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ session }));
    }).listen(0, '127.0.0.1');
    await once(identity, 'listening');
    atFileEnd(() => void identity.close());
    const url = `http://127.0.0.1:${(identity.address() as AddressInfo).port}`;
    service = await startNotes({ listen: true, serviceUrls: { identity: url } });
  });

  const internal = async (authorization?: string, url = '/internal/who') => {
    const answer = await service.app.inject({ url, headers: authorization ? { authorization } : {} });
    return [answer.statusCode, answer.json().code ?? answer.json().service];
  };

  test('lets services in under /internal, and knows which', async () => {
    expect(await internal(`Bearer ${await service.tokens.serviceToken('billing', 'projects')}`)).toEqual([
      200,
      'billing',
    ]);
  });

  test.each([
    ['strangers', async () => undefined, 'UNAUTHENTICATED'],
    ['people', (tokens: TestTokens) => tokens.userToken(alice), 'TOKEN_INVALID'],
    [
      'administrators',
      (tokens: TestTokens) => tokens.userToken(testUser({ role: 'admin' })),
      'TOKEN_INVALID',
    ],
    [
      'tokens for another service',
      (tokens: TestTokens) => tokens.serviceToken('billing', 'audit'),
      'TOKEN_INVALID',
    ],
    [
      'old ones',
      (tokens: TestTokens) => tokens.serviceToken('billing', 'projects', { expiresIn: -60 }),
      'TOKEN_EXPIRED',
    ],
    [
      'ones signed long ago, whenever they say they end',
      (tokens: TestTokens) =>
        tokens.serviceToken('billing', 'projects', { issuedIn: -300, expiresIn: 3_600 }),
      'TOKEN_EXPIRED',
    ],
    [
      'forged ones',
      (tokens: TestTokens) => tokens.serviceToken('billing', 'projects', { forged: true }),
      'TOKEN_INVALID',
    ],
    [
      'one service in the name of another',
      (tokens: TestTokens) => tokens.serviceToken('billing', 'projects', { issuer: 'hivesync/identity' }),
      'TOKEN_INVALID',
    ],
    [
      'unknown services',
      (tokens: TestTokens) => tokens.serviceToken('billing', 'projects', { issuer: 'hivesync/evil' }),
      'TOKEN_INVALID',
    ],
  ])('keeps %s out of /internal', async (_who, tokenOf, code) => {
    const token = await tokenOf(service.tokens);
    expect(await internal(token && `Bearer ${token}`)).toEqual([401, code]);
  });

  test.each(['/internal/%77ho', '/internal/who?x=1', '/internal/nothing', '/%69nternal/who'])(
    'by no spelling of the path: %s',
    async (url) => {
      expect((await internal(undefined, url))[0]).toBe(401);
    },
  );

  test.each(['billing', 'identity'] as const)(
    'keeps %s from what is for audit alone, before the body is looked at',
    async (other) => {
      const audited = async (who: typeof other | 'audit') => {
        const answer = await service.asService(who).post('/internal/integrity', { nonsense: true });
        return [answer.statusCode, answer.json().code];
      };
      expect(await audited(other)).toEqual([403, 'FORBIDDEN']);
      expect(await audited('audit')).toEqual([400, 'VALIDATION_FAILED']);
    },
  );

  test('publishes the key that its own tokens verify with', async () => {
    const { config } = service;
    const token = await serviceTokens('projects', config)('identity');
    const keys = remoteKeys({ projects: service.url });
    expect(await verifyServiceToken(token, 'identity', keys)).toBe('projects');
    await expect(verifyServiceToken(token, 'audit', keys)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    const published = (await service.app.inject('/.well-known/service-jwks.json')).json();
    expect(Object.keys(published.keys[0]).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
  });

  test('shows its events to services alone', async () => {
    expect((await service.as(alice).get('/internal/events')).statusCode).toBe(401);
    const page = await service.asService('audit').get('/internal/events?limit=10');
    expect(page.json()).toMatchObject({ items: [], remaining: 0 });
    expect((await service.asService('audit').get('/internal/events?after=nonsense')).json().code).toBe(
      'MALFORMED_CURSOR',
    );
  });

  test('lets only administrators into what is theirs, and publishes who was refused', async () => {
    const admin = await service.as(testUser({ role: 'admin' })).get('/api/v1/admin/notes');
    expect(admin.statusCode).toBe(200);
    const refused = await service.as(alice).get('/api/v1/admin/notes', {
      headers: { 'x-forwarded-for': '203.0.113.7', 'x-request-id': 'trace-7' },
    });
    expect([refused.statusCode, refused.json().code]).toEqual([403, 'ADMIN_ONLY']);
    const { items } = await settledFeed(service.dataSource);
    expect(items.map(({ event }) => event)).toEqual([
      expect.objectContaining({
        type: 'projects.access.refused',
        subject: alice.id,
        actorid: alice.id,
        clientip: '203.0.113.7',
        requestid: 'trace-7',
        data: { code: 'ADMIN_ONLY', method: 'GET', route: '/api/v1/admin/notes' },
      }),
    ]);
  });

  describe('what an administrator may destroy', () => {
    const seconds = () => Math.floor(Date.now() / 1_000);
    const destroy = (
      traits: Partial<ReturnType<typeof testUser>>,
      now: Partial<typeof session> | null = {},
    ) => {
      const user = testUser(traits);
      session = now && { user_id: user.id, role: user.role, ...now };
      return service.as(user).delete('/api/v1/admin/notes');
    };

    test.each([
      ['just shown', () => seconds()],
      ['shown 4 minutes ago', () => seconds() - 240],
      ['shown in 3 s, by a clock that is ahead', () => seconds() + 3],
    ])('is open to one whose password was %s', async (_when, authTime) => {
      expect((await destroy({ role: 'admin', authTime: authTime() })).statusCode).toBe(200);
    });

    test.each([
      ['whose password was shown 6 minutes ago', () => ({ authTime: seconds() - 360 })],
      ['whose password will be shown in a minute', () => ({ authTime: seconds() + 60 })],
      ['whose token does not tell', () => ({})],
    ])('is closed to one %s, with a challenge', async (_who, traits) => {
      const answer = await destroy({ role: 'admin', ...traits() });
      expect(answer.json()).toMatchObject({ status: 401, code: 'REAUTHENTICATION_REQUIRED' });
      expect(answer.headers['www-authenticate']).toBe(
        'Bearer realm="hivesync", error="insufficient_user_authentication", error_description="A more recent authentication is required", max_age="300"',
      );
    });

    test.each([
      ['whose session has ended', null],
      ['who is no administrator any more', { role: 'user' }],
      ['with a session of somebody else', { user_id: testUser().id }],
    ])('is closed to one %s, whatever the token says', async (_who, now) => {
      const answer = await destroy({ role: 'admin', authTime: seconds() }, now);
      expect([answer.statusCode, answer.json().code]).toEqual([401, 'TOKEN_INVALID']);
    });

    test('is closed to all others, however recently they showed theirs', async () => {
      expect((await destroy({ authTime: seconds() })).json().code).toBe('ADMIN_ONLY');
      expect((await service.asStranger().delete('/api/v1/admin/notes')).json().code).toBe('UNAUTHENTICATED');
    });
  });

  describe('what an administrator writes', () => {
    const admin = testUser({ role: 'admin' });
    const send = async (method: 'get' | 'put', now: typeof session) => {
      session = now;
      const answer = await service.as(admin)[method]('/api/v1/admin/notes');
      return [answer.statusCode, answer.json().code];
    };
    const gone = { user_id: admin.id, role: 'user' };

    test('is open to one who still is one', async () => {
      expect(await send('put', { user_id: admin.id, role: 'admin' })).toEqual([200, undefined]);
    });

    test.each([
      ['whose session has ended', null],
      ['who is no administrator any more', gone],
      ['with a session of somebody else', { user_id: testUser().id, role: 'admin' }],
    ])('is closed to one %s, whatever the token says', async (_who, now) => {
      expect(await send('put', now)).toEqual([401, 'TOKEN_INVALID']);
    });

    test('waits where identity cannot be asked', async () => {
      const alone = await startNotes();
      const answer = await alone.as(admin).put('/api/v1/admin/notes');
      expect(answer.json()).toMatchObject({ status: 503, code: 'UPSTREAM_UNAVAILABLE' });
      expect((await alone.as(admin).get('/api/v1/admin/notes')).statusCode).toBe(200);
    });

    test('is read with what the token says, for 15 minutes at most', async () => {
      expect(await send('get', gone)).toEqual([200, undefined]);
    });
  });

  test('refuses all the same where that cannot be written', async () => {
    await service.database.query('alter table projects.outbox rename to outbox_gone');
    try {
      expect((await service.as(alice).get('/api/v1/admin/notes')).statusCode).toBe(403);
    } finally {
      await service.database.query('alter table projects.outbox_gone rename to outbox');
    }
  });

  test('takes an address that a proxy made up for none', async () => {
    const answer = await service
      .as(alice)
      .get('/api/v1/admin/notes', { headers: { 'x-forwarded-for': 'nonsense' } });
    expect(answer.statusCode).toBe(403);
    const { items } = await settledFeed(service.dataSource);
    expect(items.at(-1)?.event).not.toHaveProperty('clientip');
  });
});

test('configuration and key resolver agree on what SERVICE_URLS is', async () => {
  const config = loadConfig(baseConfigSchema, {
    PORT: '0',
    DATABASE_URL: 'postgres://127.0.0.1/x',
    SERVICE_PRIVATE_KEY: (await testTokens()).privateKey('audit'),
    SERVICE_URLS: '{}',
  });
  const keys = remoteKeys(config.SERVICE_URLS);
  expect(keys.service('audit')).toBeUndefined();
  await expect(verifyUserToken(await (await testTokens()).userToken(alice), keys)).rejects.toMatchObject({
    code: 'UPSTREAM_UNAVAILABLE',
  });
});

test('a guard that would run too late is found at boot', async () => {
  const app = Fastify();
  authentication(app, { service: 'billing', keys: (await testTokens()).keys });
  app.get('/early', { onRequest: app.requireUser }, async () => ({}));
  expect(() => app.get('/late', { preHandler: app.requireUser }, async () => ({}))).toThrow(
    'GET /late: a guard belongs in onRequest',
  );
});

test('callers that nobody would check are found at boot', async () => {
  const app = Fastify();
  authentication(app, { service: 'billing', keys: (await testTokens()).keys });
  expect(() => app.get('/open', { config: { callers: ['audit'] } }, async () => ({}))).toThrow(
    'GET /open: only routes under /internal have callers',
  );
});

describe('clocks that differ', () => {
  let tokens: TestTokens;
  beforeAll(async () => {
    tokens = await testTokens();
  });

  test.each([
    ['a token that expired 3 s ago is taken', { expiresIn: -3 }, null],
    ['a token that expired 10 s ago is refused', { expiresIn: -10 }, 'TOKEN_EXPIRED'],
    ['a token that is issued in 3 s is taken', { issuedIn: 3, expiresIn: 63 }, null],
    ['a token that is issued in 10 s is refused', { issuedIn: 10, expiresIn: 70 }, 'TOKEN_INVALID'],
    ['a token that is issued in an hour is refused', { issuedIn: 3_600, expiresIn: 3_660 }, 'TOKEN_INVALID'],
  ])('%s', async (_name, flaws, code) => {
    const token = await tokens.userToken(alice, flaws);
    const serviceToken = await tokens.serviceToken('billing', 'audit', flaws);
    const person = expect(verifyUserToken(token, tokens.keys));
    const caller = expect(verifyServiceToken(serviceToken, 'audit', tokens.keys));
    await Promise.all(
      code
        ? [person.rejects.toMatchObject({ code }), caller.rejects.toMatchObject({ code })]
        : [person.resolves.toEqual(alice), caller.resolves.toBe('billing')],
    );
  });
});

test('a path of administrators that a guard does not keep to them is found at boot', async () => {
  const app = Fastify();
  authentication(app, { service: 'billing', keys: (await testTokens()).keys });
  const path = '/api/v1/admin/notes';
  app.get(path, { onRequest: app.requireAdmin }, async () => ({}));
  app.delete(path, { onRequest: [app.requireRecentAdmin] }, async () => ({}));
  for (const open of [{}, { onRequest: app.requireUser }]) {
    expect(() => app.put(path, open, async () => ({}))).toThrow(
      'PUT /api/v1/admin/notes: only administrators may call what is under /api/v1/admin',
    );
  }
});
