import type { DataSource } from '@hivesync/database';
import { type App, type Check, within } from '@hivesync/http';
import { type LemonSqueezyClient, ProviderError } from '../provider/lemon-squeezy.ts';
import { openCancellations } from './subscription-cancellation.repository.ts';
import { cancelNext } from './subscription-cancellation.service.ts';

const databaseDeadlineMs = 1_000;
const reminderSeconds = 60;

/**
 * Has cancellations that are due made in the background, one after the other in this process. A failure ends the
 * turn: the next is a second later, and what failed has been put off by then. Without a provider they wait, which is
 * said in the log every minute.
 */
export function cancelInBackground(app: App, provider: LemonSqueezyClient | undefined): void {
  const remind = async () => {
    const { open, oldest_seconds } = await openCancellations(app.dataSource);
    if (open === 0) return;
    app.log.warn(
      { open, oldest_seconds },
      'subscriptions cannot be canceled: LEMONSQUEEZY_API_KEY is not set',
    );
  };
  const cancel = async (signal: AbortSignal) => {
    if (!provider) return;
    try {
      while (!signal.aborted && (await cancelNext(app.dataSource, provider, signal)));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ProviderError)) throw error;
      app.log.warn({ err: error }, 'subscription not canceled yet');
    }
  };
  if (provider) app.lifecycle.every('cancel subscriptions', 1, cancel, { holdsStart: false });
  else app.lifecycle.every('remind of cancellations', reminderSeconds, remind, { holdsStart: false });
  measure(app);
}

function measure(app: App): void {
  app.readings.add('subscription_cancellations', () => openCancellations(app.dataSource), {
    subscription_cancellations_open: {
      help: 'Subscriptions that are to be canceled at the provider, and are not yet',
      tell: ({ open }) => open,
    },
    subscription_cancellations_failing: {
      help: 'Those of them whose last attempt failed',
      tell: ({ failing }) => failing,
    },
    subscription_cancellations_oldest_age_seconds: {
      help: 'Age of the oldest of them; 0: none',
      tell: ({ oldest_seconds }) => oldest_seconds,
    },
  });
}

/** For readiness: it tells, and fails nothing, since no request of this service is late by it. */
export async function cancellationsCheck(
  dataSource: DataSource,
  configured: boolean,
): Promise<Record<string, Check>> {
  const provider = configured ? 'configured' : 'not configured';
  try {
    const counted = await within(databaseDeadlineMs, openCancellations(dataSource));
    return { cancellations: { status: 'ok', provider, ...counted } };
  } catch {
    // The database's own check says what is wrong.
    return { cancellations: { status: 'ok', provider, open: 'not known' } };
  }
}
