import { Writable } from 'node:stream';
import { newId } from '@hivesync/database';
import { testUser } from '@hivesync/testing';
import { expect, test } from 'vitest';
import { createLogger, hashedUser } from '../src/index.ts';
import { startNotes } from './support/notes-service.ts';

function recorder() {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const logger = createLogger({ service: 'projects', level: 'trace' }, destination);
  return {
    logger,
    text: () => lines.join(''),
    entries: () => lines.map((line): Record<string, unknown> => JSON.parse(line)),
  };
}

test('a run’s whole log holds none of the secrets that it used', async () => {
  const log = recorder();
  const service = await startNotes({ logger: log.logger, listen: true });
  const alice = testUser({ tier: 'pro' });
  const token = await service.tokens.userToken(alice);
  const forged = await service.tokens.userToken(alice, { forged: true });
  const serviceToken = await service.tokens.serviceToken('audit', 'projects');
  const words = {
    email: 'alice@example.com',
    note: 'the-body-of-a-note',
    key: 'idempotency-key-1',
    ip: '203.0.113.9',
  };
  const send = (url: string, headers: Record<string, string>, body?: string) =>
    fetch(service.url + url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        'x-forwarded-for': words.ip,
        'user-agent': 'agent-of-alice',
        cookie: 'session=cookie-of-alice',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body }),
    }).then((answer) => answer.status);
  const bearer = { authorization: `Bearer ${token}`, 'idempotency-key': words.key };
  const note = JSON.stringify({ text: `${words.note} ${words.email}` });

  expect([
    await send('/api/v1/notes', bearer, note),
    await send('/api/v1/notes', bearer, note),
    await send('/api/v1/notes', { authorization: `Bearer ${token}` }, note),
    await send('/api/v1/notes', bearer, `{"text": ${words.note}`),
    await send('/api/v1/notes', bearer, JSON.stringify({ [words.note]: words.email })),
    await send(`/api/v1/notes?starts=${words.note}`, bearer),
    await send(`/api/v1/notes?cursor=${words.note}`, bearer),
    await send(`/${words.note}`, bearer),
    await send('/api/v1/notes', { authorization: `Bearer ${forged}` }),
    await send('/internal/who', { authorization: `Bearer ${serviceToken}` }),
    await send('/api/v1/admin/notes', bearer),
    await send('/api/v1/broken', bearer),
  ]).toEqual([201, 201, 409, 400, 400, 200, 400, 404, 401, 200, 403, 500]);
  // PostgreSQL's own words repeat the value that it refuses.
  const failed = await service.dataSource
    .query(`select $1::integer`, [words.note])
    .catch((error: unknown) => error);
  service.app.log.error({ err: failed }, 'a statement failed');
  service.app.log.info(
    { password: 'pass-word', nested: { refresh_token: 'refresh-token', device_token: 'device-token' } },
    'redacted',
  );
  await service.close();

  const secrets = [
    ...Object.values(words),
    token,
    forged,
    serviceToken,
    alice.id,
    'agent-of-alice',
    'cookie-of-alice',
    'hunter2',
    'pass-word',
    'refresh-token',
    'device-token',
    service.config.SERVICE_PRIVATE_KEY,
    new URL(service.config.DATABASE_URL).password,
  ];
  const text = log.text();
  for (const secret of secrets) expect(text).not.toContain(secret);
  for (const part of [token, forged, serviceToken].flatMap((one) => one.split('.').slice(1))) {
    expect(text).not.toContain(part);
  }
  expect(text).toContain('"code":"22P02"');
});

test('each request leaves one line that can be followed', async () => {
  const log = recorder();
  const service = await startNotes({ logger: log.logger });
  const alice = testUser({ tier: 'pro' });
  await service.as(alice).get(`/api/v1/notes/${newId()}`, { headers: { 'x-request-id': 'trace-1' } });
  await service.asService('audit').get('/internal/who');
  const lines = log.entries().filter(({ msg }) => msg === 'request');
  expect(lines).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/Z$/),
      service: 'projects',
      request_id: 'trace-1',
      method: 'GET',
      route: '/api/v1/notes/:note_id',
      status: 404,
      ms: expect.any(Number),
      user: hashedUser(alice.id),
      tier: 'pro',
      msg: 'request',
    },
    expect.objectContaining({ route: '/internal/who', caller: 'audit', status: 200 }),
  ]);
});
