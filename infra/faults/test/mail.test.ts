/** Identity is killed while a mail server has its mail and has not answered yet: it goes again, as the same one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../src/platform.ts';

const password = 'correct horse battery staple';
const patience = { timeout: 60_000, interval: 100 };
let folder: string;
let platform: Platform;
/** Mails whose text has come, whole; and whether the server then says that it has taken them. */
const arrived: string[] = [];
let answers = false;

const server = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  onData(stream, _session, done) {
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.once('end', () => {
      arrived.push(Buffer.concat(parts).toString());
      if (answers) done();
    });
  },
});
// Who was killed says no goodbye.
server.on('error', () => undefined);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hivesync-mail-killed-'));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new TypeError('it listens on no port');
  const smtpUrl = `smtp://127.0.0.1:${address.port}?requireTLS=false`;
  platform = await startPlatform(folder, { identity: { SMTP_URL: smtpUrl } });
}, 300_000);
afterAll(async () => {
  await platform.stop();
  await new Promise<void>((done) => server.close(() => done()));
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const url = () => platform.services.identity.url;
const post = (path: string, body: object) =>
  fetch(`${url()}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const mails = () => platform.postgres.query<{ attempts: number }>('select attempts from identity.mails');
const messageId = (mail: string | undefined) => /^Message-ID: (\S+)/m.exec(mail ?? '')?.[1];
const tokenOf = (mail: string | undefined) =>
  /#token=([\w-]+)/.exec((mail ?? '').replaceAll('=\r\n', '').replaceAll('=3D', '='))?.[1];

test('a mail outlives its sender, and its link works once', async () => {
  const { identity } = platform.services;
  const registered = await post('/api/v1/auth/register', { email: 'outlived@example.com', password });
  expect(registered.status).toBe(201);
  await expect.poll(() => arrived.length, patience).toBe(1);
  await identity.kill();
  expect(await mails()).toEqual([{ attempts: 1 }]);

  identity.start();
  expect(await identity.ready(60_000)).toBe(true);
  answers = true;
  // The lease of who was killed, a minute, is over.
  await platform.postgres.query(`update identity.mails set next_attempt_at = now()`);
  await expect.poll(() => arrived.length, patience).toBe(2);
  await expect.poll(mails, patience).toEqual([]);
  const [first, second] = arrived;
  expect(messageId(second)).toBe(messageId(first));
  expect(tokenOf(second)).toBe(tokenOf(first));
  // Whichever of the two they open.
  const verify = () => post('/api/v1/auth/verify-email', { token: tokenOf(first) });
  expect((await verify()).status).toBe(204);
  expect((await verify()).status).toBe(410);
});
