import type { DataSource } from '@hivesync/database';
import { type App, type Check, within } from '@hivesync/http';
import { Counter, Gauge } from 'prom-client';
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

const measures = {
  open: 'Mails that are to be sent, and are not yet',
  failing: 'Those of them whose last attempt failed',
  oldest_seconds: 'Age of the oldest of them; 0: none',
  given_up: 'Mails of the last 7 days that were refused for good or came to be too late',
} as const;

function measure(app: App): void {
  for (const what of ['open', 'failing', 'oldest_seconds', 'given_up'] as const) {
    new Gauge({
      name: `mails_${what}`,
      help: measures[what],
      registers: [app.metrics],
      async collect() {
        // Without the database it is not known, which an absent sample says.
        const forget = () => this.remove();
        forget();
        await within(databaseDeadlineMs, openMails(app.dataSource)).then(
          (counted) => this.set(counted[what]),
          forget,
        );
      },
    });
  }
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
