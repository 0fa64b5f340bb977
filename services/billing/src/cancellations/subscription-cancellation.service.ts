import {
  subscriptionCancelAcknowledged,
  subscriptionCancelRequested,
  type UserId,
} from '@hivesync/contracts';
import { backoffSeconds, type DataSource, type SweepBatch, transaction } from '@hivesync/database';
import { publish, publishMany } from '@hivesync/events';
import { type LemonSqueezyClient, ProviderError } from '../provider/lemon-squeezy.ts';
import {
  type ClaimedCancellation,
  claimCancellation,
  completeCancellation,
  postponeAll,
  postponeCancellation,
  requestCancellations,
} from './subscription-cancellation.repository.ts';

/** What the deletion of a user does here: nothing of a subscription goes, but it is to be canceled at the provider. */
export const cancelSubscriptionsOf: SweepBatch = async (tx, userId, limit) => {
  const requested = await requestCancellations(tx, userId, limit);
  await publishMany(
    tx,
    requested.map((subject) => ({
      definition: subscriptionCancelRequested,
      subject,
      version: 0,
      data: { user_id: userId as UserId, reason: 'account_deleted' },
    })),
  );
  return { subscription_cancellations: requested.length };
};

/** Longer than a call can take; whoever was killed in it has lost the cancellation after that. */
const leaseSeconds = 30;
/** Nothing but a person mends a key. */
const refusedSeconds = 300;
const throttledSeconds = 60;

/**
 * Asks the provider for one cancellation that is due, and records what it says. No transaction is open meanwhile.
 * Killed between call and record, the call is made again after the lease: canceling twice is as canceling once.
 * @returns false where none was due
 * @throws ProviderError, after the next attempt has been put off; the signal's reason when that aborts
 */
export async function cancelNext(
  dataSource: DataSource,
  provider: LemonSqueezyClient,
  signal: AbortSignal,
): Promise<boolean> {
  const claimed = await claimCancellation(dataSource, leaseSeconds);
  if (!claimed) return false;
  try {
    const outcome = await provider.cancelSubscription(claimed.provider_id, signal);
    await transaction(dataSource, async (tx) => {
      const attempts = await completeCancellation(tx, claimed.id, outcome);
      if (attempts === undefined) return;
      await publish(tx, subscriptionCancelAcknowledged, {
        subject: claimed.id,
        version: 0,
        data: { user_id: claimed.user_id, outcome, attempts },
      });
    });
    return true;
  } catch (error) {
    if (error instanceof ProviderError) await putOff(dataSource, claimed, error);
    throw error;
  }
}

async function putOff(dataSource: DataSource, claimed: ClaimedCancellation, error: ProviderError) {
  const seconds = pauseAfter(error, claimed.attempts);
  await postponeCancellation(dataSource, claimed, error.message, seconds);
  if (error.failure === 'refused' || error.failure === 'throttled') await postponeAll(dataSource, seconds);
}

/** Seconds: 5 at first, doubling to an hour, a fifth more or less; or what the provider asks for. */
export function pauseAfter({ failure, retryAfterSeconds }: ProviderError, attempts: number): number {
  if (failure === 'refused') return refusedSeconds;
  if (failure === 'throttled') return retryAfterSeconds ?? throttledSeconds;
  return Math.max(backoffSeconds(attempts), retryAfterSeconds ?? 0);
}
