/** Ids and addresses in another spelling are the same: in filters, cursors and the hash of an idempotency key. */
import { connect } from 'node:net';
import { IdSchema, type UserId } from '@hivesync/contracts';
import { newId } from '@hivesync/database';
import { testUser } from '@hivesync/testing';
import { Type } from 'typebox';
import { expect, test } from 'vitest';
import { validatorCompiler } from '../src/app/validator.ts';
import { startNotes } from './support/notes-service.ts';

const alice = testUser();
const service = await startNotes({
  listen: true,
  referenceOwners: { resolve: async () => [], list: async () => [] },
});
const call = service.as(alice);

test.each<[string, unknown, unknown]>([
  ['an address that is mapped', { ip: '::FFFF:192.0.2.7' }, { ip: '192.0.2.7' }],
  ['an address in full', { ip: '2001:DB8:0:0:0:0:0:1' }, { ip: '2001:db8::1' }],
  ['an address of IPv4', { ip: '192.0.2.7' }, { ip: '192.0.2.7' }],
  [
    'an id among words',
    { who: '01A21C64-52BA-749B-9B17-D2E2BB209869' },
    { who: '01a21c64-52ba-749b-9b17-d2e2bb209869' },
  ],
  ['a word among ids', { who: 'me' }, { who: 'me' }],
])('%s', (_what, given, read) => {
  const schema = Type.Object({
    ip: Type.Optional(
      Type.Unsafe<string>({ type: 'string', anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] }),
    ),
    who: Type.Optional(Type.Union([Type.Literal('me'), IdSchema<UserId>()])),
  });
  const validate = validatorCompiler({ schema, method: 'GET', url: '/', httpPart: 'querystring' });
  expect(validate(given)).toEqual({ value: read });
});

test('a key that comes again with an id in upper case is the same request', async () => {
  const send = (path: string, reader: string) =>
    call.post(
      path,
      { text: 'spelled twice', reader_id: reader },
      { headers: { 'idempotency-key': 'spelling' } },
    );
  const id = newId();
  const first = await send(`/api/v1/notes?about=${id}`, alice.id);
  const again = await send(`/api/v1/notes?about=${id.toUpperCase()}`, alice.id.toUpperCase());
  expect([first.statusCode, again.statusCode]).toEqual([201, 201]);
  expect(again.headers['idempotency-replayed']).toBe('true');
});

test('two keys on one request are refused, whatever they are', async () => {
  const token = await service.tokens.userToken(alice);
  const { port, hostname } = new URL(service.url);
  const body = JSON.stringify({ text: 'two keys' });
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      const head = [
        'POST /api/v1/notes HTTP/1.1',
        'host: x',
        `authorization: Bearer ${token}`,
        'content-type: application/json',
        `content-length: ${body.length}`,
        'idempotency-key: one',
        'Idempotency-Key: one',
        'connection: close',
      ];
      socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    });
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('"path":"header/idempotency-key","message":"must be sent once"');
});
