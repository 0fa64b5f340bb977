import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { atFileEnd } from '@hivesync/testing';
import { describe, expect, test } from 'vitest';
import { MailError } from '../../src/mail/mail-transport.ts';
import { smtpTransport } from '../../src/mail/smtp-transport.ts';
import { smtpServer } from '../support/smtp.ts';

const from = 'HiveSync <no-reply@hivesync.example>';
const message = {
  id: '01a20405-92d6-72da-883d-4cfdb1a1870e',
  to: 'bob@example.com',
  subject: 'Confirm',
  text: `Follow this: https://api.example/verify#token=${'x'.repeat(80)}\n`,
};
const never = new AbortController().signal;
const send = (url: string, deadlineMs?: number) =>
  smtpTransport({ url, from, ...(deadlineMs && { deadlineMs }) }).send(message, never);
const failure = async (sending: Promise<unknown>) => {
  const error = await sending.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof MailError)) throw new Error(`not a MailError: ${String(error)}`);
  return [error.message, error.final];
};
const refuse = (responseCode: number) =>
  Object.assign(new Error(`<bob@example.com> is not to be told`), { responseCode });

describe('a server that takes it', () => {
  test('gets one mail for one recipient, under an id that stays', async () => {
    const server = await smtpServer();
    const url = `smtp://127.0.0.1:${server.port}?requireTLS=false`;
    await send(url);
    await send(url);
    expect(server.received.map(({ to }) => to)).toEqual([['bob@example.com'], ['bob@example.com']]);
    for (const { raw } of server.received) {
      expect(raw).toMatch(/^From: HiveSync <no-reply@hivesync\.example>\r$/m);
      expect(raw).toMatch(/^Message-ID: <01a20405-92d6-72da-883d-4cfdb1a1870e@hivesync\.example>\r$/m);
      expect(raw).toMatch(/^Auto-Submitted: auto-generated\r$/im);
    }
  });

  test('gets no second recipient, whatever an address looks like', async () => {
    const server = await smtpServer();
    const transport = smtpTransport({ url: `smtp://127.0.0.1:${server.port}?requireTLS=false`, from });
    for (const to of [
      'bob@example.com, carol@example.com',
      'bob@example.com>\r\nRCPT TO:<carol@example.com',
    ]) {
      await transport.send({ ...message, to }, never).catch((error: unknown) => {
        if (!(error instanceof MailError)) throw error;
      });
    }
    expect(server.received.flatMap(({ to }) => to)).not.toContain('carol@example.com');
  });

  test('is spoken to by STARTTLS, with a login', async () => {
    const server = await smtpServer({
      disabledCommands: [],
      onAuth: ({ username, password }, _session, done) =>
        password === 'p@ss word' ? done(null, { user: username }) : done(new Error('no')),
    });
    // It has a certificate that nobody vouches for, which is to be said.
    const at = (login: string) => `smtp://${login}@127.0.0.1:${server.port}`;
    const unverified = '?tls.rejectUnauthorized=false';
    await send(`${at('hivesync:p%40ss%20word')}${unverified}`);
    expect(server.received).toMatchObject([{ secure: true, user: 'hivesync' }]);
    expect(await failure(send(at('hivesync:p%40ss%20word')))).toEqual([
      expect.stringMatching(/^(ESOCKET|ETLS)/),
      false,
    ]);
    // The operator mends a login, and the mail goes then.
    expect(await failure(send(`${at('hivesync:wrong')}${unverified}`))).toEqual([
      expect.stringMatching(/^EAUTH/),
      false,
    ]);
  });

  test('is not given anything in clear, unless that is said', async () => {
    const server = await smtpServer();
    expect(await failure(send(`smtp://127.0.0.1:${server.port}`))).toEqual([
      expect.stringMatching(/^ETLS/),
      false,
    ]);
    expect(server.received).toEqual([]);
  });
});

describe('a server that does not', () => {
  test.each([
    ['refuses the recipient for now', 450, 'EENVELOPE RCPT TO 450', false],
    ['refuses the recipient for good', 550, 'EENVELOPE RCPT TO 550', true],
  ])('%s', async (_name, code, told, final) => {
    const server = await smtpServer({ onRcptTo: (_address, _session, done) => done(refuse(code)) });
    expect(await failure(send(`smtp://127.0.0.1:${server.port}?requireTLS=false`))).toEqual([told, final]);
  });

  test.each([
    ['refuses the text for now', 451, false],
    ['refuses the text for good', 554, true],
  ])('%s', async (_name, code, final) => {
    const server = await smtpServer({
      onData(stream, _session, done) {
        stream.resume();
        stream.once('end', () => done(refuse(code)));
      },
    });
    const [told, isFinal] = await failure(send(`smtp://127.0.0.1:${server.port}?requireTLS=false`));
    expect(told).toBe(`EMESSAGE DATA ${code}`);
    expect(isFinal).toBe(final);
  });

  test('refuses the sender: the settings are wrong, and the mail goes once they are right', async () => {
    const server = await smtpServer({ onMailFrom: (_address, _session, done) => done(refuse(553)) });
    expect(await failure(send(`smtp://127.0.0.1:${server.port}?requireTLS=false`))).toEqual([
      'EENVELOPE MAIL FROM 553',
      false,
    ]);
  });

  test('is down', async () => {
    const server = await smtpServer();
    await server.close();
    expect(await failure(send(`smtp://127.0.0.1:${server.port}?requireTLS=false`))).toEqual([
      expect.stringMatching(/^(ESOCKET|ECONNECTION)/),
      false,
    ]);
  });

  test('hangs, however it does: it has its time and no more', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    atFileEnd(() => void silent.close());
    const server = await smtpServer({ onData: (stream) => void stream.resume() });
    const { port } = silent.address() as AddressInfo;
    for (const at of [port, server.port]) {
      const begun = performance.now();
      expect(await failure(send(`smtp://127.0.0.1:${at}?requireTLS=false`, 700))).toEqual([
        'ETIMEDOUT',
        false,
      ]);
      expect(performance.now() - begun).toBeLessThan(5_000);
    }
  });

  test('is left when the service ends', async () => {
    const server = await smtpServer({ onData: (stream) => void stream.resume() });
    const ending = new AbortController();
    const sending = smtpTransport({ url: `smtp://127.0.0.1:${server.port}?requireTLS=false`, from }).send(
      message,
      ending.signal,
    );
    setTimeout(() => ending.abort(new Error('closing')), 100);
    await expect(sending).rejects.toThrow('closing');
  });
});
