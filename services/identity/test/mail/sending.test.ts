import type { UserId } from '@hivesync/contracts';
import { query, transaction } from '@hivesync/database';
import { createLogger } from '@hivesync/http';
import { beforeEach, describe, expect, test } from 'vitest';
import { closeAccount } from '../../src/account-deletion/account-deletion.repository.ts';
import { verificationMail } from '../../src/email-verification/verification-mail.ts';
import { openMails } from '../../src/mail/mail.repository.ts';
import { type Mailing, sendNextMail } from '../../src/mail/mail.service.ts';
import { MailError, type MailMessage, type MailTransport } from '../../src/mail/mail-transport.ts';
import { registerUser } from '../../src/users/user.service.ts';
import { startIdentityApp } from '../support/app.ts';
import { encryptionKey, startIdentity } from '../support/identity.ts';
import { smtpServer } from '../support/smtp.ts';

const { dataSource, register } = await startIdentity();
const never = new AbortController().signal;
let count = 0;
const newPerson = () => {
  count += 1;
  return register(`p${count}@example.com`);
};

interface Sent extends MailTransport {
  sent: MailMessage[];
}
/** Takes every mail, or throws what it is told. */
function transportOf(fails?: Error): Sent {
  const sent: MailMessage[] = [];
  return {
    name: 'file',
    sent,
    async send(message) {
      sent.push(message);
      if (fails) throw fails;
    },
  };
}
const mailing = (transport: MailTransport): Mailing => ({
  dataSource,
  transport,
  compose: {
    email_verification: verificationMail(dataSource, {
      key: encryptionKey,
      publicUrl: 'https://api.example',
    }),
  },
});
const next = (transport: MailTransport) => sendNextMail(mailing(transport), never);
const mails = () =>
  query<{ id: string; attempts: number; last_error: string; given_up: boolean; seconds: number }>(
    dataSource,
    `select
       id,
       attempts,
       last_error,
       given_up_at is not null as given_up,
       extract(epoch from next_attempt_at - now())::double precision as seconds
     from mails`,
  );
const makeDue = () => query(dataSource, `update mails set next_attempt_at = now() - interval '1 second'`);

beforeEach(async () => {
  await query(dataSource, 'delete from mails');
});

describe('a mail that is due', () => {
  test('is written with the account, or not at all', async () => {
    await expect(
      transaction(dataSource, async (tx) => {
        await registerUser(tx, { email: 'undone@example.com', passwordHash: '$argon2id$x' }, {});
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    expect(await mails()).toEqual([]);
    await newPerson();
    expect(await mails()).toHaveLength(1);
  });

  test('goes once, to the address of the account, and its row goes with it', async () => {
    const { email } = await newPerson();
    const transport = transportOf();
    expect(await next(transport)).toMatchObject({ outcome: 'sent', attempts: 1 });
    expect(await next(transport)).toBeUndefined();
    expect(transport.sent.map(({ to }) => to)).toEqual([email]);
    expect(transport.sent[0]?.text).toMatch(
      /^https:\/\/api\.example\/api\/v1\/auth\/verify-email#token=[\w-]{43}$/m,
    );
    expect(await mails()).toEqual([]);
  });

  test('is given to one of several that look for it', async () => {
    await newPerson();
    const transport = transportOf();
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => next(transport)));
    expect(outcomes.filter((outcome) => outcome?.outcome === 'sent')).toHaveLength(1);
    expect(transport.sent).toHaveLength(1);
  });

  test('is sent again where the one who sent it was killed before it said so, with the same link', async () => {
    await newPerson();
    const transport = transportOf(new Error('killed'));
    await expect(next(transport)).rejects.toThrow('killed');
    expect(await next(transport)).toBeUndefined();
    const [{ seconds } = { seconds: 0 }] = await mails();
    expect(seconds).toBeGreaterThan(50);
    expect(seconds).toBeLessThanOrEqual(60);
    await makeDue();
    const again = transportOf();
    expect(await next(again)).toMatchObject({ outcome: 'sent', attempts: 2 });
    expect(again.sent).toEqual(transport.sent);
  });

  test('is put off further each time that it fails, and others go meanwhile', async () => {
    await newPerson();
    const fails = transportOf(new MailError('ESOCKET', { final: false }));
    const pauses: number[] = [];
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      expect(await next(fails)).toMatchObject({
        outcome: 'postponed',
        attempts: attempt,
        failure: 'ESOCKET',
      });
      pauses.push((await mails())[0]!.seconds);
      await makeDue();
    }
    for (const [at, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThan(5 * 2 ** at * 0.8 - 1);
      expect(pause).toBeLessThan(5 * 2 ** at * 1.2 + 1);
    }
    expect(await openMails(dataSource)).toMatchObject({ open: 1, failing: 1, given_up: 0 });
    await query(dataSource, `update mails set next_attempt_at = now() + interval '1 minute'`);
    const { email } = await newPerson();
    const works = transportOf();
    await next(works);
    expect(works.sent.map(({ to }) => to)).toEqual([email]);
  });

  test.each([
    ['was refused for good', async () => undefined, new MailError('EENVELOPE RCPT TO 550', { final: true })],
    [
      'has a link that has expired',
      () => query(dataSource, `update mails set useful_until = now() - interval '1 second'`),
      undefined,
    ],
  ])('is given up where it %s, and stays to be seen', async (_why, before, error) => {
    await newPerson();
    await before();
    const transport = transportOf(error);
    expect(await next(transport)).toMatchObject({ outcome: 'given up' });
    expect(await mails()).toMatchObject([{ given_up: true, last_error: error?.message ?? null }]);
    expect(await openMails(dataSource)).toMatchObject({ open: 0, oldest_seconds: 0, given_up: 1 });
    await makeDue();
    expect(await next(transport)).toBeUndefined();
  });

  test('does not go to an account that was deleted meanwhile', async () => {
    const { id } = await newPerson();
    await transaction(dataSource, (tx) => closeAccount(tx, id as UserId));
    const transport = transportOf();
    const { email } = await newPerson();
    expect(await next(transport)).toMatchObject({ outcome: 'sent' });
    expect(transport.sent.map(({ to }) => to)).toEqual([email]);
    expect(await mails()).toEqual([]);
  });
});

describe('the service', () => {
  const lines: string[] = [];
  const logger = createLogger(
    { service: 'identity', level: 'trace' },
    { write: (line) => void lines.push(line) },
  );

  test('sends through a server that was down and comes back; its log names neither address nor token', async () => {
    const down = await smtpServer();
    await down.close();
    const service = await startIdentityApp({
      environment: {
        SMTP_URL: `smtp://127.0.0.1:${down.port}?requireTLS=false`,
        MAIL_FROM: 'a@hivesync.example',
      },
      logger,
    });
    await service.app.listen({ host: '127.0.0.1', port: 0 });
    const person = await service.person('patient');
    await expect
      .poll(() => lines.some((line) => line.includes('mail not sent yet')), { timeout: 20_000 })
      .toBe(true);
    const ready = (await service.app.inject('/health/ready')).json();
    expect(ready.checks.mails).toMatchObject({ status: 'ok', transport: 'smtp', open: 1, failing: 1 });

    const server = await smtpServer({}, down.port);
    await query(service.dataSource, 'update mails set next_attempt_at = now()');
    await expect.poll(() => server.received.length, { timeout: 20_000 }).toBe(1);
    const [mail] = server.received;
    expect(mail?.to).toEqual([person.email]);
    // Quoted-printable, as it came.
    const text = mail!.raw.replaceAll('=\r\n', '').replaceAll('=3D', '=');
    const token = /#token=([\w-]+)/.exec(text)?.[1];
    const verified = await service.asStranger().post('/api/v1/auth/verify-email', { token });
    expect(verified.statusCode).toBe(204);
    const log = lines.join('');
    expect(log).not.toContain(person.email);
    expect(log).not.toContain(token);
  });

  test('says that mails wait where it was not told how to send them, and gives up aloud', async () => {
    lines.length = 0;
    const refusing = await smtpServer({
      onRcptTo: ({ address }, _session, done) =>
        done(Object.assign(new Error(`no ${address} here`), { responseCode: 550 })),
    });
    const service = await startIdentityApp({
      environment: { SMTP_URL: `smtp://127.0.0.1:${refusing.port}?requireTLS=false` },
      logger,
    });
    await service.app.listen({ host: '127.0.0.1', port: 0 });
    const person = await service.person('refused');
    const givenUp = () => lines.find((line) => line.includes('"mail given up"'));
    await expect.poll(givenUp, { timeout: 20_000 }).toBeDefined();
    expect(JSON.parse(givenUp()!)).toMatchObject({ level: 'error', failure: 'EENVELOPE RCPT TO 550' });
    expect(lines.join('')).not.toContain(person.email);
    const metrics = (await service.app.inject('/metrics')).body;
    expect(metrics).toMatch(/^mails_given_up\S* 1$/m);
    expect(metrics).toMatch(/^mails_total\{.*outcome="given_up".*\} 1$/m);

    const mute = await startIdentityApp({ logger });
    await mute.person('waiting');
    await mute.app.listen({ host: '127.0.0.1', port: 0 });
    const reminded = () => lines.some((line) => line.includes('mails cannot be sent'));
    await expect.poll(reminded, { timeout: 20_000 }).toBe(true);
  });
});
