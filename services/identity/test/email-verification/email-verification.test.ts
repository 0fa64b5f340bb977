import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { query } from '@hivesync/database';
import { atFileEnd } from '@hivesync/testing';
import { describe, expect, test } from 'vitest';
import { startIdentityApp } from '../support/app.ts';
import { password } from '../support/identity.ts';
import { mailbox } from '../support/mailbox.ts';

/** Projects, as far as it is told of addresses that were proven. */
const delivered: { user_id: string; email: string }[] = [];
let projectsIsDown = false;
let more = false;
const projects = createServer(async (request, response) => {
  const known = request.url === '/internal/invitations/deliver' && !projectsIsDown;
  if (known) delivered.push((await json(request)) as (typeof delivered)[number]);
  response
    .writeHead(known ? 200 : 503, { 'content-type': 'application/json' })
    .end(JSON.stringify({ delivered: 1, more }));
  more = false;
}).listen(0, '127.0.0.1');
await once(projects, 'listening');
atFileEnd(() => void projects.close());

const mails = mailbox();
const service = await startIdentityApp({
  environment: { MAIL_FOLDER: mails.folder, PUBLIC_URL: 'https://api.example' },
  serviceUrls: { projects: `http://127.0.0.1:${(projects.address() as AddressInfo).port}` },
});
await service.app.listen({ host: '127.0.0.1', port: 0 });
const stranger = service.asStranger();
const path = '/api/v1/auth/verify-email';
const follow = (token: string) => stranger.post(path, { token });
const patience = { timeout: 15_000, interval: 50 };
const deliveredTo = (id: string) => delivered.filter(({ user_id }) => user_id === id);
const deliveriesDue = (id: string) =>
  query<{ attempts: number; last_error: string | null; later: boolean }>(
    service.dataSource,
    `select attempts, last_error, next_attempt_at > now() + interval '1 minute' as later
     from invitation_deliveries
     where user_id = $1`,
    [id],
  );

describe('a link that was mailed', () => {
  test('proves the address, once, with an event; the profile tells', async () => {
    const alice = await service.person('alice');
    const before = await alice.call.get('/api/v1/me');
    expect(before.json()).toMatchObject({ email_verified: false, version: 1 });
    const token = await mails.tokenFor(alice.email);
    expect(mails.mailsTo(alice.email)[0]).toContain(`https://api.example${path}#token=${token}\n`);

    expect((await follow(token)).statusCode).toBe(204);
    const after = await alice.call.get('/api/v1/me');
    expect(after.json()).toMatchObject({ email_verified: true, version: 2 });
    expect(after.headers.etag).not.toBe(before.headers.etag);
    expect((await follow(token)).json()).toMatchObject({ status: 410, code: 'GONE' });
    expect(await service.events('identity.user.email_verified')).toMatchObject([
      { subject: alice.id, aggregateversion: 2, actorid: alice.id, data: {} },
    ]);
    const found = await service
      .asService('projects')
      .post('/internal/users/find-by-email', { email: 'ALICE@example.com' });
    expect(found.json()).toMatchObject({ user: { id: alice.id } });
  });

  test('lets one through of 50 that follow it at once', async () => {
    const { email, id } = await service.person('busy');
    const token = await mails.tokenFor(email);
    const answers = await Promise.all(Array.from({ length: 50 }, () => follow(token)));
    const statuses = answers.map(({ statusCode }) => statusCode).sort();
    expect(statuses).toEqual([204, ...Array<number>(49).fill(410)]);
    const events = await service.events('identity.user.email_verified');
    expect(events.filter(({ subject }) => subject === id)).toHaveLength(1);
  });

  test('is not used up by reading what it leads to, whatever reads it', async () => {
    const { email } = await service.person('scanned');
    const token = await mails.tokenFor(email);
    for (const url of [path, `${path}?token=${token}`, `${path}/?token=${token}`]) {
      for (const method of ['GET', 'HEAD', 'OPTIONS'] as const) await service.app.inject({ method, url });
    }
    const page = await service.app.inject(path);
    expect(page.statusCode).toBe(200);
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    // One button, and nothing that happens before it is pressed.
    expect(page.body.match(/<button/g)).toHaveLength(1);
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'sha256-/);
    expect((await follow(token)).statusCode).toBe(204);
  });

  test('is stored as a hash, and only once it is mailed', async () => {
    const { email, id } = await service.person('hashed');
    const token = await mails.tokenFor(email);
    const rows = await service.database.query<{ row: string }>(
      `select to_jsonb(t)::text as row from identity.email_verifications as t
       union all select to_jsonb(t)::text from identity.mails as t
       union all select to_jsonb(t)::text from identity.outbox as t`,
    );
    const all = rows.map(({ row }) => row).join('\n');
    expect(all).toContain(id);
    expect(all).not.toContain(token);
  });

  test.each([
    [
      'has expired',
      (id: string) => [`update email_verifications set expires_at = now() where user_id = $1`, id],
    ],
    [
      'is of an account that was closed',
      (id: string) => ['update users set deleted_at = now() where id = $1', id],
    ],
  ])('proves nothing where it %s', async (name, change) => {
    const { email, id } = await service.person(name.replaceAll(' ', '-'));
    const token = await mails.tokenFor(email);
    const [statement, ...parameters] = change(id);
    await query(service.dataSource, statement!, parameters);
    expect((await follow(token)).json()).toMatchObject({ status: 410, code: 'GONE' });
  });

  test.each([['nonsense'], ['x'.repeat(43)]])('%s is none', async (token) => {
    expect((await follow(token)).json()).toMatchObject({ status: 410, code: 'GONE' });
  });
});

describe('asking for another', () => {
  const ask = (person: { call: { post: (url: string) => Promise<{ statusCode: number; body: string }> } }) =>
    person.call.post('/api/v1/me/email-verification');
  const links = (id: string) =>
    query(service.dataSource, 'select id from email_verifications where user_id = $1', [id]);
  const aMinuteLater = (id: string) =>
    query(
      service.dataSource,
      `update email_verifications set created_at = created_at - interval '61 seconds' where user_id = $1`,
      [id],
    );

  test('sends one a minute and five a day, and answers the same whatever it does', async () => {
    const person = await service.person('impatient');
    const answers = [await ask(person)];
    expect(await links(person.id)).toHaveLength(1);
    for (let minute = 1; minute <= 6; minute += 1) {
      await aMinuteLater(person.id);
      answers.push(await ask(person), await ask(person));
      expect(await links(person.id)).toHaveLength(Math.min(minute + 1, 5));
    }
    await expect.poll(() => mails.mailsTo(person.email).length, patience).toBe(5);
    const asked = await service.events('identity.user.verification_requested');
    expect(asked.filter(({ subject }) => subject === person.id)).toHaveLength(4);

    // An earlier one does as well, and all the others end with it.
    const tokens = mails.mailsTo(person.email).map((mail) => /#token=([\w-]+)$/m.exec(mail)![1]!);
    expect(new Set(tokens).size).toBe(5);
    expect((await follow(tokens[1]!)).statusCode).toBe(204);
    expect((await follow(tokens[4]!)).statusCode).toBe(410);
    answers.push(await ask(person));
    expect(await links(person.id)).toEqual([]);
    for (const answer of answers) expect([answer.statusCode, answer.body]).toEqual([202, '{}']);
  });

  test('sends one where 20 ask at once', async () => {
    const person = await service.person('twenty');
    await aMinuteLater(person.id);
    await Promise.all(Array.from({ length: 20 }, () => ask(person)));
    expect(await links(person.id)).toHaveLength(2);
  });

  test('is for people with an account', async () => {
    expect((await stranger.post('/api/v1/me/email-verification')).statusCode).toBe(401);
  });
});

describe('invitations that wait for an address', () => {
  test('are delivered when it is proven, and once more when nobody can be writing one any more', async () => {
    const { email, id } = await service.person('awaited');
    await follow(await mails.tokenFor(email));
    await expect.poll(() => deliveredTo(id), patience).toEqual([{ user_id: id, email }]);
    await expect.poll(() => deliveriesDue(id), patience).toMatchObject([{ last_error: null, later: true }]);
    await query(
      service.dataSource,
      `update invitation_deliveries
       set created_at = created_at - interval '2 minutes', next_attempt_at = now()
       where user_id = $1`,
      [id],
    );
    await expect.poll(() => deliveriesDue(id), patience).toEqual([]);
    expect(deliveredTo(id)).toHaveLength(2);
  });

  test('come in parts where they are many', async () => {
    const { email, id } = await service.person('sought-after');
    const token = await mails.tokenFor(email);
    more = true;
    await follow(token);
    await expect.poll(() => deliveredTo(id), patience).toHaveLength(2);
  });

  test('stay due while projects is down: proving the address does not depend on it', async () => {
    projectsIsDown = true;
    const { email, id } = await service.person('downtime');
    expect((await follow(await mails.tokenFor(email))).statusCode).toBe(204);
    await expect
      .poll(() => deliveriesDue(id), patience)
      .toMatchObject([{ attempts: 1, last_error: 'UPSTREAM_UNAVAILABLE' }]);
    projectsIsDown = false;
    await query(
      service.dataSource,
      'update invitation_deliveries set next_attempt_at = now() where user_id = $1',
      [id],
    );
    await expect
      .poll(() => deliveredTo(id), { ...patience, timeout: 20_000 })
      .toEqual([{ user_id: id, email }]);
  });
});

test('an account that is deleted takes its links and mails along, and nothing that waits for an address it never proved', async () => {
  const { email, id, call } = await service.person('leaving');
  const token = await mails.tokenFor(email);
  await query(
    service.dataSource,
    `update email_verifications set created_at = created_at - interval '61 seconds' where user_id = $1`,
    [id],
  );
  // Projects is not asked: it answers 503 to a claim.
  const answer = await call.post('/api/v1/me/deletion', { password });
  expect(answer.statusCode).toBe(202);
  for (const table of ['mails', 'email_verifications', 'invitation_deliveries']) {
    expect(await query(service.dataSource, `select from ${table} where user_id = $1`, [id]), table).toEqual(
      [],
    );
  }
  expect((await follow(token)).statusCode).toBe(410);
});
