import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { callingServices } from '@hivesync/clients';
import { newId, References } from '@hivesync/database';
import { testTokens, testUser } from '@hivesync/testing';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  httpReferenceOwners,
  idsFor,
  type ReferenceOwners,
  resolveReferences,
  verifyServiceToken,
} from '../src/index.ts';
import { buildNotes } from './support/notes-app.ts';
import { Note, UserRef } from './support/notes-database.ts';
import { startNotes } from './support/notes-service.ts';

const alice = testUser();

/** Has no table: resolving looks at declarations alone. */
@Entity('lists')
class List {
  @PrimaryColumn({ type: 'uuid' })
  @References(() => UserRef, { onDelete: 'cascade' })
  keeper!: string;

  @Column({ type: 'uuid', nullable: true })
  @References(() => UserRef, { onDelete: 'set null' })
  reader!: string | null;
}

describe('a request that names others', () => {
  let service: Awaited<ReturnType<typeof startNotes>>;
  let owners: ReferenceOwners['resolve'];
  let asked: (readonly string[])[];

  beforeAll(async () => {
    service = await startNotes({
      referenceOwners: { resolve: (...call) => owners(...call), list: async () => [] },
    });
  });
  beforeEach(async () => {
    asked = [];
    owners = async (_aggregate, ids) => {
      asked.push(ids);
      return ids.map((id) => ({ id, version: 4, data: { display_name: 'Bob', tier: 'pro' } }));
    };
    await service.database.query('truncate projects.notes, projects.user_refs');
  });
  const create = (reader?: string) =>
    service.as(alice).post('/api/v1/notes', { text: newId(), ...(reader && { reader_id: reader }) });
  const refs = () =>
    service.database.query('select id, version, display_name, state from projects.user_refs order by id');

  test('meets them first, with the fields that are kept fresh', async () => {
    const bob = newId();
    expect((await create(bob)).statusCode).toBe(201);
    expect(await refs()).toEqual([{ id: bob, version: 4, display_name: 'Bob', state: 'active' }]);
  });

  test('asks once for each', async () => {
    const bob = newId();
    await create(bob);
    await create(bob.toUpperCase());
    expect(asked).toEqual([[bob]]);
  });

  test('asks nobody for the caller’s own id', async () => {
    expect((await create()).statusCode).toBe(201);
    expect((await create(alice.id)).statusCode).toBe(201);
    expect(asked.flat()).toEqual([]);
    expect(await refs()).toMatchObject([{ id: alice.id, version: 0 }]);
  });

  test('in columns of several entities is one call for all of them', async () => {
    const { app, tokens } = await startNotes({
      buildApp: async (parts) => {
        const referenceOwners = { resolve: owners, list: async () => [] };
        const app = await buildNotes({ ...parts, referenceOwners });
        app.post(
          '/api/v1/pairs',
          { onRequest: app.requireUser, schema: { operationId: 'createPair' } },
          async (request) => {
            const { note, lists } = request.body as { note: object; lists: object[] };
            const rows = lists.map((list, at) => idsFor(List, { ...list }, `/lists/${at}`));
            await resolveReferences(request, idsFor(Note, { ...note }, '/note'), ...rows);
            return {};
          },
        );
        return app;
      },
    });
    const [a, b, c] = [newId(), newId(), newId()];
    const post = async () =>
      app.inject({
        method: 'POST',
        url: '/api/v1/pairs',
        headers: { authorization: `Bearer ${await tokens.userToken(alice)}` },
        payload: {
          note: { reader_id: a },
          lists: [{ keeper: b, reader: a }, { keeper: c, reader: null }, { keeper: alice.id }],
        },
      });
    expect((await post()).statusCode).toBe(200);
    expect(asked.map((ids) => ids.toSorted())).toEqual([[a, b, c].toSorted()]);
    expect((await post()).statusCode).toBe(200);
    expect(asked).toHaveLength(1);
  });

  test('that do not exist is 422 with the field, and nothing is written', async () => {
    owners = async () => [];
    const answer = await create(newId());
    expect(answer.json()).toMatchObject({
      status: 422,
      code: 'UNKNOWN_REFERENCE',
      errors: [{ path: 'body/reader_id' }],
    });
    expect(await refs()).toEqual([]);
    expect(await service.database.query('select id from projects.notes')).toEqual([]);
  });

  test('that are deleted is 422 with the field too, by the trigger', async () => {
    const bob = newId();
    await service.database.query(
      `insert into projects.user_refs (id, state, version, deleted_at) values ($1, 'deleted', 9, now())`,
      [bob],
    );
    expect((await create(bob)).json()).toMatchObject({
      status: 422,
      code: 'UNKNOWN_REFERENCE',
      errors: [{ path: 'body/reader_id' }],
    });
    expect(asked).toEqual([]);
  });

  test('whose owner is away is 503 with Retry-After, and nothing is written', async () => {
    const away = httpReferenceOwners(callingServices({ serviceUrls: {}, tokens: async () => 'none' }));
    owners = (...call) => away.resolve(...call);
    const answer = await create(newId());
    expect(answer.json()).toMatchObject({ status: 503, code: 'UPSTREAM_UNAVAILABLE' });
    expect(answer.headers['retry-after']).toBe('2');
    expect(await refs()).toEqual([]);
  });
});

describe('asking an owner over HTTP', () => {
  let listener: RequestListener;
  let requests: { url: string | undefined; authorization: string | undefined; body: string }[];
  let close: () => void;
  let serviceUrls: Record<string, string>;

  beforeEach(async () => {
    requests = [];
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      requests.push({ url: request.url, authorization: request.headers.authorization, body });
      listener(request, response);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    serviceUrls = { identity: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    close = () => {
      server.closeAllConnections();
      server.close();
    };
  });
  afterEach(() => close());

  const id = newId();
  const context = { requestId: 'r1' };
  const json =
    (body: unknown, status = 200): RequestListener =>
    (_request, response) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const owners = (options = {}) =>
    httpReferenceOwners(callingServices({ serviceUrls, tokens: async () => 'token', ...options }));

  test('posts the ids with a service token, and takes what exists', async () => {
    const tokens = await testTokens();
    listener = json({ items: [{ id, version: 2, data: { display_name: 'Bob' } }] });
    const asking = owners({ tokens: (to: 'identity') => tokens.serviceToken('projects', to) });
    expect(await asking.resolve('identity.user', [id], context)).toEqual([
      { id, version: 2, data: { display_name: 'Bob' } },
    ]);
    expect(requests).toMatchObject([{ url: '/internal/users/resolve', body: JSON.stringify({ ids: [id] }) }]);
    const token = requests[0]?.authorization?.replace('Bearer ', '') ?? '';
    expect(await verifyServiceToken(token, 'identity', tokens.keys)).toBe('projects');
  });

  test('lists all after an id', async () => {
    listener = json({ items: [{ id, version: 2, data: {} }] });
    const after = newId();
    const page = await owners().list('identity.user', { after, limit: 7 }, context);
    expect(page).toEqual([{ id, version: 2, data: {} }]);
    await owners().list('identity.user', { after: null, limit: 7 }, context);
    expect(requests.map(({ url }) => url)).toEqual([
      `/internal/users?limit=7&after=${after}`,
      '/internal/users?limit=7',
    ]);
  });

  test('asks nobody for nothing', async () => {
    expect(await owners().resolve('identity.user', [], context)).toEqual([]);
    expect(requests).toEqual([]);
  });

  test('tries once more where the connection broke', async () => {
    listener = (request, response) => {
      if (requests.length === 1) request.socket.destroy();
      else json({ items: [] })(request, response);
    };
    expect(await owners().resolve('identity.user', [id], context)).toEqual([]);
    expect(requests).toHaveLength(2);
  });

  test('tries once more, and not twice', async () => {
    listener = (request) => request.socket.destroy();
    await expect(owners().resolve('identity.user', [id], context)).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      headers: { 'retry-after': '2' },
    });
    expect(requests).toHaveLength(2);
  });

  test('has one deadline for both tries', async () => {
    listener = (request) => {
      if (requests.length === 1) setTimeout(() => request.socket.destroy(), 600);
    };
    const begun = performance.now();
    await expect(owners({ deadlineMs: 1_000 }).resolve('identity.user', [id], context)).rejects.toMatchObject(
      {
        code: 'UPSTREAM_UNAVAILABLE',
      },
    );
    expect(requests).toHaveLength(2);
    // Two deadlines would be 1.6 s at least.
    expect(performance.now() - begun).toBeGreaterThan(900);
    expect(performance.now() - begun).toBeLessThan(1_500);
  });

  test.each([
    ['an error', json({}, 500)],
    ['a refusal', json({}, 401)],
    ['what is no answer to that', json({ items: [{ id: 7 }] })],
  ])('%s is 503, without a second try', async (_what, answer) => {
    listener = answer;
    await expect(owners().resolve('identity.user', [id], context)).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
    });
    expect(requests).toHaveLength(1);
  });

  test('gives up at the deadline', async () => {
    listener = () => undefined;
    const begun = performance.now();
    await expect(owners({ deadlineMs: 150 }).resolve('identity.user', [id], context)).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
    });
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(requests).toHaveLength(1);
  });

  describe('that keeps failing', () => {
    const ask = (asking: ReferenceOwners) =>
      asking.resolve('identity.user', [id], context).then(
        () => 'answered',
        ({ code, headers }) => `${code}, again in ${headers['retry-after']} s`,
      );
    const away = 'UPSTREAM_UNAVAILABLE, again in 2 s';
    const pause = () => new Promise((done) => setTimeout(done, 250));

    test('leaves it alone after so many failures in a row, and asks once in a while', async () => {
      listener = json({}, 503);
      const asking = owners({ failuresToOpen: 3, openForMs: 200 });
      for (let i = 0; i < 6; i += 1) expect(await ask(asking)).toBe(away);
      expect(requests).toHaveLength(3);
      await pause();
      for (let i = 0; i < 4; i += 1) expect(await ask(asking)).toBe(away);
      expect(requests).toHaveLength(4);
      listener = json({ items: [] });
      await pause();
      for (let i = 0; i < 3; i += 1) expect(await ask(asking)).toBe('answered');
      expect(requests).toHaveLength(7);
    });

    test.each([401, 404, 422, 500])('is asked on by others where it answers %i', async (status) => {
      listener = json({}, status);
      const asking = owners({ failuresToOpen: 3, openForMs: 60_000 });
      for (let i = 0; i < 5; i += 1) expect(await ask(asking)).toBe(away);
      expect(requests).toHaveLength(5);
      listener = json({ items: [] });
      expect(await ask(asking)).toBe('answered');
    });

    test('counts a call with its second try as one, and forgets failures after a success', async () => {
      const broken: RequestListener = (request) => request.socket.destroy();
      const asking = owners({ failuresToOpen: 2, openForMs: 60_000 });
      for (listener of [broken, json({ items: [] }), broken]) await ask(asking);
      expect(requests).toHaveLength(5);
      listener = json({ items: [] });
      expect(await ask(asking)).toBe('answered');
    });

    test('holds against it what it owns, and against nobody else', async () => {
      listener = json({}, 503);
      serviceUrls.projects = serviceUrls.identity!;
      const asking = owners({ failuresToOpen: 1, openForMs: 60_000 });
      expect([await ask(asking), await ask(asking)]).toEqual([away, away]);
      expect(requests).toHaveLength(1);
      listener = json({ items: [] });
      expect(await asking.resolve('projects.project', [id], context)).toEqual([]);
    });
  });
});
