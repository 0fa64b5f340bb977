import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import {
  referenceSwept,
  type ServiceName,
  serviceNames,
  sessionEnded,
  type UserId,
  userDeleted,
} from '@hivesync/contracts';
import { query, sweepOnce, transaction } from '@hivesync/database';
import type { Caller } from '@hivesync/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { database, subscriptions } from '../../src/app.ts';
import { notifyOfIncident } from '../../src/notifications/notify.ts';
import { startIdentityApp } from '../support/app.ts';
import { password } from '../support/identity.ts';

/** Projects, as far as a deletion speaks to it. */
const claims: unknown[] = [];
let projectsIsDown = false;
const projects = createServer(async (request, response) => {
  if (request.url === '/internal/invitations/claim') claims.push(await json(request));
  response
    .writeHead(projectsIsDown || request.method === 'GET' ? 503 : 200, { 'content-type': 'application/json' })
    .end('{"claimed":0}');
}).listen(0, '127.0.0.1');
await once(projects, 'listening');
afterAll(() => projects.close());

const service = await startIdentityApp({
  environment: { LOGIN_FAILURES_PER_ACCOUNT: '3' },
  serviceUrls: { projects: `http://127.0.0.1:${(projects.address() as AddressInfo).port}` },
});
const { dataSource } = service;
const stranger = service.asStranger();
const patience = { timeout: 15_000, interval: 50 };

const leave = (caller: Caller, shown = password) => caller.post('/api/v1/me/deletion', { password: shown });
const codeOf = (answer: { statusCode: number; json(): unknown }) => [
  answer.statusCode,
  (answer.json() as { code: string }).code,
];
const report = (id: UserId, receipt: string) =>
  stranger.get(`/api/v1/account-deletions/${id}`, { headers: { 'x-deletion-receipt': receipt } });

/** Rows of every table that still name the account. */
async function traces(id: UserId): Promise<string[]> {
  const found: string[] = [];
  for (const table of [
    'notifications',
    'refresh_tokens',
    'session_tokens',
    'api_keys',
    'sessions',
    'device_sessions',
    'user_profiles',
  ]) {
    const rows = await query(dataSource, `select from ${table} where user_id = $1`, [id]);
    if (rows.length > 0) found.push(table);
  }
  const users = await query(dataSource, 'select from users where id = $1', [id]);
  return users.length > 0 ? [...found, 'users'] : found;
}

async function sweptAway(id: UserId): Promise<string[]> {
  // The service's own sweeper may be at it too.
  await sweepOnce(dataSource, database).catch(() => undefined);
  return traces(id);
}

test('takes the password again, and throttles guesses as a login does', async () => {
  const alice = await service.person('wary');
  const stale = { headers: { 'if-match': '"2"' } };
  expect(codeOf(await alice.call.post('/api/v1/me/deletion', { password }, stale))).toEqual([
    412,
    'PRECONDITION_FAILED',
  ]);
  expect((await alice.call.post('/api/v1/me/deletion')).statusCode).toBe(400);
  expect(codeOf(await alice.call.delete('/api/v1/me'))).toEqual([405, 'METHOD_NOT_ALLOWED']);
  expect(codeOf(await leave(stranger))).toEqual([401, 'UNAUTHENTICATED']);
  for (let at = 0; at < 3; at += 1) {
    expect(codeOf(await leave(alice.call, 'a wrong password'))).toEqual([401, 'INVALID_CREDENTIALS']);
  }
  expect(codeOf(await leave(alice.call))).toEqual([429, 'RATE_LIMITED']);
  expect((await alice.call.get('/api/v1/me')).statusCode).toBe(200);
  expect(await service.events(userDeleted.type)).toEqual([]);
});

test('asks projects for what it knows by the address alone, and does nothing while that is down', async () => {
  const frank = await service.person('frank');
  await service.prove(frank);
  projectsIsDown = true;
  const refused = await leave(frank.call);
  expect(codeOf(refused)).toEqual([503, 'UPSTREAM_UNAVAILABLE']);
  expect(refused.headers['retry-after']).toBeDefined();
  expect((await frank.call.get('/api/v1/me')).statusCode).toBe(200);
  projectsIsDown = false;
  expect((await leave(frank.call)).statusCode).toBe(202);
  expect(claims).toEqual(Array(2).fill({ user_id: frank.id, email: frank.email }));
});

describe('a deleted account', () => {
  test('ends at once, everywhere, and its address is free', async () => {
    const bob = await service.person('bob');
    await service.prove(bob);
    await service.logIn(bob.email, { device: 'Phone' });
    const answer = await leave(bob.call);
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({
      user_id: bob.id,
      report_url: `/api/v1/account-deletions/${bob.id}`,
      receipt: expect.stringMatching(/^[\w-]{43}$/),
    });
    const deletions = await service.events(userDeleted.type);
    expect(deletions.filter(({ subject }) => subject === bob.id)).toMatchObject([
      { subject: bob.id, aggregateversion: 2, actorid: bob.id, data: {} },
    ]);
    const ended = (await service.events(sessionEnded.type)).filter(({ actorid }) => actorid === bob.id);
    expect(ended.map(({ data }) => data)).toEqual(
      Array(2).fill({ user_id: bob.id, reason: 'account_deleted' }),
    );

    expect(codeOf(await bob.call.get('/api/v1/me'))).toEqual([404, 'NOT_FOUND']);
    expect(codeOf(await leave(bob.call))).toEqual([404, 'NOT_FOUND']);
    const refreshed = await stranger.post('/api/v1/auth/refresh', { refresh_token: bob.refreshToken });
    expect(refreshed.statusCode).toBe(401);
    const login = await stranger.post('/api/v1/auth/login', { email: bob.email, password });
    expect(codeOf(login)).toEqual([401, 'INVALID_CREDENTIALS']);
    const projects = await service.asService('projects');
    const resolved = await projects.post('/internal/users/resolve', { ids: [bob.id] });
    expect(resolved.json()).toEqual({ items: [] });
    expect((await projects.post('/internal/users/find-by-email', { email: bob.email })).json()).toEqual({
      user: null,
    });
    const again = { email: bob.email, password, display_name: 'Another Bob' };
    expect((await stranger.post('/api/v1/auth/register', again)).statusCode).toBe(201);
    await expect.poll(() => sweptAway(bob.id), patience).toEqual([]);
  });

  test('has no address, so nobody can take one that it would need', async () => {
    const grace = await service.person('grace');
    const squatted = { email: `deleted-${grace.id}@deleted.invalid`, password, display_name: 'Squatter' };
    await stranger.post('/api/v1/auth/register', squatted);
    expect((await leave(grace.call)).statusCode).toBe(202);
    const held = await query<{ email: string | null }>(dataSource, 'select email from users where id = $1', [
      grace.id,
    ]);
    expect(held.filter(({ email }) => email !== null)).toEqual([]);
    await expect.poll(() => sweptAway(grace.id), patience).toEqual([]);
  });

  test('leaves nothing here, not even stored answers', async () => {
    const answer = await stranger.post(
      '/api/v1/auth/register',
      { email: 'keyed@example.com', password, display_name: 'Keyed' },
      { headers: { 'idempotency-key': 'once' } },
    );
    expect(answer.statusCode).toBe(201);
    const keyed = await service.logIn('keyed@example.com');
    for (let at = 0; at < 3; at += 1) {
      await transaction(dataSource, (tx) =>
        notifyOfIncident(tx, keyed.id, 'suspicious_login', keyed.sessionId as never),
      );
    }
    await leave(keyed.call);
    await expect.poll(() => sweptAway(keyed.id), patience).toEqual([]);
    expect(
      await query(dataSource, 'select from idempotency_keys where response ->> $1 = $2', ['id', keyed.id]),
    ).toEqual([]);
  });
});

describe('the report', () => {
  test('is complete when every service has said what it removed', async () => {
    const carol = await service.person('carol');
    const { receipt } = (await leave(carol.call)).json<{ receipt: string }>();
    const pending = { completed_at: null, removed: {}, longest_lock_ms: null };
    expect((await report(carol.id, receipt)).json()).toMatchObject({
      user_id: carol.id,
      completed_at: null,
      services: [...serviceNames].sort().map((name) => ({
        service: name,
        ...pending,
      })),
    });

    const told = async (name: ServiceName, at: string) => {
      const { type } = referenceSwept(name);
      const data = { aggregate: 'identity.user', removed: { rows: 7 }, longest_lock_ms: 3 };
      const event = { type, subject: carol.id, time: at, data };
      for (const handle of subscriptions.handlersOf(type)) {
        await transaction(dataSource, (tx) => handle(tx, event as never));
      }
    };
    for (const name of serviceNames.filter((one) => one !== 'identity')) {
      await told(name, '2026-11-22T10:00:00.000Z');
    }
    expect((await report(carol.id, receipt)).json()).toMatchObject({ completed_at: null });
    await told('identity', '2026-11-22T11:00:00.000Z');
    await told('identity', '2026-11-22T12:00:00.000Z');
    const whole = (await report(carol.id, receipt)).json();
    expect(whole.completed_at).toBe('2026-11-22T11:00:00.000Z');
    expect(whole.services).toContainEqual({
      service: 'projects',
      completed_at: '2026-11-22T10:00:00.000Z',
      removed: { rows: 7 },
      longest_lock_ms: 3,
    });
  });

  test('is for who holds the receipt, and for administrators', async () => {
    const dan = await service.person('dan');
    const { receipt } = (await leave(dan.call)).json<{ receipt: string }>();
    const path = `/api/v1/account-deletions/${dan.id}`;
    expect(codeOf(await stranger.get(path))).toEqual([404, 'NOT_FOUND']);
    expect(codeOf(await report(dan.id, `${receipt.slice(1)}A`))).toEqual([404, 'NOT_FOUND']);
    expect((await report(dan.id, receipt)).statusCode).toBe(200);
    const erin = await service.person('erin');
    expect(codeOf(await erin.call.get(path))).toEqual([404, 'NOT_FOUND']);
    await query(dataSource, `update users set role = 'admin' where id = $1`, [erin.id]);
    const admin = await service.logIn(erin.email);
    expect((await admin.call.get(path)).statusCode).toBe(200);
  });
});
