import { createTransport } from 'nodemailer';
import { MailError, type MailMessage, type MailTransport } from './mail-transport.ts';

/** Milliseconds. All that one attempt takes ends before its lease does: see `mail.service.ts`. */
const deadlines = {
  dnsTimeout: 10_000,
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  socketTimeout: 20_000,
} as const;
export const longestSendingMs = 40_000;

export interface SmtpOptions {
  /** `smtps://user:password@host:465` (TLS), or `smtp://user:password@host:587` (STARTTLS). */
  url: string;
  /** E.g. `HiveSync <no-reply@example.com>`. */
  from: string;
  /** Milliseconds for one mail, at most `longestSendingMs`. */
  deadlineMs?: number;
}

/**
 * An SMTP server. `smtp://` demands STARTTLS and fails without, so that nobody in between can leave it out; a server
 * on the same machine that has none is told so by `?requireTLS=false`. Certificates are verified.
 */
export function smtpTransport({ url, from, deadlineMs = longestSendingMs }: SmtpOptions): MailTransport {
  const { protocol, searchParams } = new URL(url);
  const transport = createTransport({
    ...deadlines,
    url,
    ...(protocol === 'smtp:' && !searchParams.has('requireTLS') && { requireTLS: true }),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([^\s>]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
  return {
    name: 'smtp',
    async send({ id, to, subject, text }: MailMessage, signal) {
      const deadline = AbortSignal.timeout(deadlineMs);
      try {
        await transport.sendMail({
          from,
          // As an object: an address is data here, and nothing in it another recipient.
          to: { name: '', address: to },
          subject,
          text,
          messageId: `<${id}@${domain}>`,
          // RFC 3834 section 5: so that no absence note answers it.
          headers: { 'auto-submitted': 'auto-generated' },
          signal: AbortSignal.any([signal, deadline]),
        });
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw deadline.aborted ? new MailError('ETIMEDOUT', { final: false }) : inCodes(error);
      }
    },
  };
}

/** What nodemailer says of a failure. */
interface SmtpFailure {
  code?: unknown;
  command?: unknown;
  responseCode?: unknown;
}

/**
 * Final is a 5xx to this recipient or this message alone. One to the greeting, the login or the sender's address says
 * that the settings are wrong: a person mends that, and the mail goes then.
 */
function inCodes(error: unknown): MailError {
  const { code, command, responseCode } = Object(error) as SmtpFailure;
  const status = typeof responseCode === 'number' ? responseCode : 0;
  const aboutThisMail = command === 'RCPT TO' || command === 'DATA';
  const codes = [code, command, responseCode].filter((part) => /^[A-Z0-9 +]{1,20}$/.test(String(part ?? '')));
  return new MailError(codes.join(' ') || 'EUNKNOWN', { final: aboutThisMail && status >= 500 });
}
