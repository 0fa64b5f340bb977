import { createHmac } from 'node:crypto';
import type { DataSource } from '@hivesync/database';
import type { Compose } from '../mail/mail.service.ts';
import { keepTokenHash } from './email-verification.repository.ts';
import { hashOfToken } from './email-verification.service.ts';

/** Where a link leads, below the public address. */
export const linkPath = '/api/v1/auth/verify-email';

/**
 * The mail with the link. Its token is made of the link's id and a key, when the mail is sent: so it is stored
 * nowhere, and a mail that is sent twice brings the same one. It is in the fragment, which no browser sends and no
 * log sees. Nothing that somebody typed is in the text: whoever gets it may never have heard of us.
 */
export function verificationMail(
  dataSource: DataSource,
  { key, publicUrl }: { key: Buffer; publicUrl: string },
): Compose {
  return async ({ verificationId, registeredAt }) => {
    const token = createHmac('sha256', key).update(String(verificationId)).digest('base64url');
    if (verificationId === null || !(await keepTokenHash(dataSource, verificationId, hashOfToken(token)))) {
      return null;
    }
    return {
      subject: 'Confirm your email address',
      text: `Somebody, probably you, made a HiveSync account with this address on ${day(registeredAt)}.
To confirm that the address is yours, follow this link and press the button there:

${new URL(linkPath, publicUrl)}#token=${token}

It is good for one use, within 24 hours. Until then nothing that is sent to this
address reaches the account. If it was not you who made the account, leave the
link alone: without it the account has no claim to your address.
`,
    };
  };
}

/** `27 November 2026`, in UTC. */
const day = (date: Date): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(date);
