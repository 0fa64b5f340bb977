import type { DataSource } from '@hivesync/database';
import { type App, type Check, within } from '@hivesync/http';
import { Counter } from 'prom-client';
import { deleteOldMails, openMails } from './mail.repository.ts';
import { type Mailing, sendNextMail } from './mail.service.ts';
import type { MailTransport } from './mail-transport.ts';

const databaseDeadlineMs = 1_000;
const reminderSeconds = 60;

/**
 * Has mails that are due sent in the background, one after the other in this process. A failure ends the turn: the
 * next is a second later, and what failed has been put off by then. Without a transport they wait, which is said in
 * the log every minute.
 */
export function sendInBackground(
  app: App,
  { transport, ...mailing }: Omit<Mailing, 'transport'> & { transport: MailTransport | undefined },
): void {
  const told = new Counter({
    name: 'mails_total',
    help: 'Attempts to send a mail, by what became of them',
    labelNames: ['outcome'],
    registers: [app.metrics],
  });
  const send = async (signal: AbortSignal) => {
    while (transport && !signal.aborted) {
      const sent = await untilClosing(sendNextMail({ ...mailing, transport }, signal), signal);
      if (!sent) return;
      told.inc({ outcome: sent.outcome.replace(' ', '_') });
      if (sent.outcome === 'given up') app.log.error(sent, 'mail given up');
      else if (sent.outcome === 'postponed') {
        app.log.warn(sent, 'mail not sent yet');
        return;
      }
    }
  };
  const remind = async () => {
    const { open, oldest_seconds } = await openMails(app.dataSource);
    if (open === 0) return;
    app.log.warn({ open, oldest_seconds }, 'mails cannot be sent: neither SMTP_URL nor MAIL_FOLDER is set');
  };
  if (transport) app.lifecycle.every('send mails', 1, send, { holdsStart: false });
  else app.lifecycle.every('remind of mails', reminderSeconds, remind, { holdsStart: false });
  app.lifecycle.every('old mails', 3_600, () => deleteOldMails(app.dataSource), { holdsStart: false });
  measure(app);
}

/** What an app that closes breaks off is due again, and no failure. */
async function untilClosing<T>(sending: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await sending;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

function measure(app: App): void {
  app.readings.add('mails', () => openMails(app.dataSource), {
    mails_open: { help: 'Mails that are to be sent, and are not yet', tell: ({ open }) => open },
    mails_failing: { help: 'Those of them whose last attempt failed', tell: ({ failing }) => failing },
    mails_oldest_age_seconds: {
      help: 'Age of the oldest of them; 0: none',
      tell: ({ oldest_seconds }) => oldest_seconds,
    },
    mails_given_up: {
      help: 'Mails of the last 7 days that were refused for good or came to be too late',
      tell: ({ given_up }) => given_up,
    },
  });
}

/** For readiness: it tells, and fails nothing, since no request is late by it. */
export async function mailsCheck(
  dataSource: DataSource,
  transport: MailTransport | undefined,
): Promise<Record<string, Check>> {
  const way = transport?.name ?? 'not configured';
  try {
    const counted = await within(databaseDeadlineMs, openMails(dataSource));
    return { mails: { status: 'ok', transport: way, ...counted } };
  } catch {
    // The database's own check says what is wrong.
    return { mails: { status: 'ok', transport: way, open: 'not known' } };
  }
}
