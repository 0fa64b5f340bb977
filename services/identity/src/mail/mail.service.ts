import type { DataSource } from '@hivesync/database';
import type { MailKind } from './mail.entity.ts';
import { type ClaimedMail, claimMail, deleteMail, giveMailUp, postponeMail } from './mail.repository.ts';
import { MailError, type MailMessage, type MailTransport } from './mail-transport.ts';

/** Longer than sending can take: whoever was killed in it has lost the mail after that. */
const leaseSeconds = 60;

/** Subject and text of a mail, made when it is sent; null where it has become needless. */
export type Compose = (mail: ClaimedMail) => Promise<Pick<MailMessage, 'subject' | 'text'> | null>;

export interface Mailing {
  dataSource: DataSource;
  transport: MailTransport;
  compose: Record<MailKind, Compose>;
}

/** What became of one mail; `failure` in codes, without an address. */
export interface SentMail {
  id: string;
  attempts: number;
  outcome: 'sent' | 'needless' | 'postponed' | 'given up';
  failure?: string;
}

/**
 * Sends one mail that is due, with no transaction open. Killed between sending and recording, it is sent again after
 * the lease, under the same id. One that is refused for good, or that nobody has any use of any more, is given up.
 * @returns undefined where none was due
 * @throws the signal's reason where that aborts: the mail is due again after its lease
 */
export async function sendNextMail(mailing: Mailing, signal: AbortSignal): Promise<SentMail | undefined> {
  const { dataSource, transport, compose } = mailing;
  const claimed = await claimMail(dataSource, leaseSeconds);
  if (!claimed) return undefined;
  const { id, attempts, to } = claimed;
  if (claimed.late) {
    await giveMailUp(dataSource, claimed, null);
    return { id, attempts, outcome: 'given up', failure: 'too late' };
  }
  const content = await compose[claimed.kind](claimed);
  if (content === null) {
    await deleteMail(dataSource, id);
    return { id, attempts, outcome: 'needless' };
  }
  try {
    await transport.send({ id, to, ...content }, signal);
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    const { message: failure, final } = error;
    if (final) await giveMailUp(dataSource, claimed, failure);
    else await postponeMail(dataSource, claimed, failure);
    return { id, attempts, outcome: final ? 'given up' : 'postponed', failure };
  }
  await deleteMail(dataSource, id);
  return { id, attempts, outcome: 'sent' };
}
