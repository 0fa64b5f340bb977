import type { SubscriptionId, UserId } from '@hivesync/contracts';
import {
  type ClaimedWork,
  claimDueWork,
  type DataSource,
  type DueTable,
  postponeDueWork,
  query,
  type Transaction,
} from '@hivesync/database';
import type { CancellationOutcome } from './subscription-cancellation.entity.ts';

/** For `ServiceDatabase.awaits`: cancellations of a user, `sweep.subject`, that the provider has not acknowledged. */
export const cancellationsUnderWay = `
  select
    from subscriptions as subscription
    join subscription_cancellations as cancellation on cancellation.subscription_id = subscription.id
   where subscription.user_id = sweep.subject
     and cancellation.completed_at is null`;

/** Writes down that the user's live subscriptions are to be canceled; those for which it was not written before. */
export async function requestCancellations(
  tx: Transaction,
  userId: string,
  limit: number,
): Promise<SubscriptionId[]> {
  const rows = await query<{ subscription_id: SubscriptionId }>(
    tx,
    `insert into subscription_cancellations (subscription_id)
     select id
     from subscriptions as subscription
     where user_id = $1
       and status in ('active', 'past_due', 'paused')
       and not exists (
         select
         from subscription_cancellations as known
         where known.subscription_id = subscription.id
       )
     limit $2
     on conflict (subscription_id) do nothing
     returning subscription_id`,
    [userId, limit],
  );
  return rows.map(({ subscription_id: id }) => id);
}

const due: DueTable = {
  name: 'subscription_cancellations',
  key: 'subscription_id',
  open: 'completed_at is null',
};

/** A cancellation that is this caller's to make, until its lease is over. */
export interface ClaimedCancellation extends ClaimedWork {
  id: SubscriptionId;
  /** Id at the provider. */
  provider_id: string;
  user_id: UserId;
}

/** Takes the one that has been due for longest, for `leaseSeconds`: so long nobody else is given it. */
export async function claimCancellation(
  dataSource: DataSource,
  leaseSeconds: number,
): Promise<ClaimedCancellation | undefined> {
  const claimed = await claimDueWork(dataSource, due, leaseSeconds);
  if (!claimed) return undefined;
  const [subscription] = await query<Omit<ClaimedCancellation, 'attempts'>>(
    dataSource,
    'select id, subscription_id as provider_id, user_id from subscriptions where id = $1',
    [claimed.id],
  );
  return { ...claimed, ...subscription! };
}

/** How often the provider was asked; undefined where the answer was recorded before. */
export async function completeCancellation(
  tx: Transaction,
  id: SubscriptionId,
  outcome: CancellationOutcome,
): Promise<number | undefined> {
  const [completed] = await query<{ attempts: number }>(
    tx,
    `update subscription_cancellations
     set completed_at = clock_timestamp(),
         outcome = $2,
         last_error = null
     where subscription_id = $1
       and completed_at is null
     returning attempts`,
    [id, outcome],
  );
  return completed?.attempts;
}

/** Records a failure, unless somebody else has taken it up since. */
export function postponeCancellation(
  dataSource: DataSource,
  claimed: ClaimedCancellation,
  error: string,
  seconds: number,
): Promise<void> {
  return postponeDueWork(dataSource, due, claimed, error, seconds);
}

/** Has all of them wait, where what failed one would fail the others. */
export async function postponeAll(dataSource: DataSource, seconds: number): Promise<void> {
  await query(
    dataSource,
    `update subscription_cancellations
     set next_attempt_at = now() + make_interval(secs => $1)
     where completed_at is null
       and next_attempt_at < now() + make_interval(secs => $1)`,
    [seconds],
  );
}

export interface OpenCancellations {
  open: number;
  /** Those of them whose last attempt failed. */
  failing: number;
  /** Age of the oldest; 0: there is none. */
  oldest_seconds: number;
}

export async function openCancellations(dataSource: DataSource): Promise<OpenCancellations> {
  const [counted] = await query<OpenCancellations>(
    dataSource,
    `select
       count(*)::integer as open,
       count(last_error)::integer as failing,
       coalesce(extract(epoch from now() - min(created_at)), 0)::integer as oldest_seconds
     from subscription_cancellations
     where completed_at is null`,
  );
  return counted!;
}
