import type { UserId } from '@hivesync/contracts';
import { type DataSource, query, type Transaction } from '@hivesync/database';
import type { Subscription } from './subscription.schemas.ts';

/**
 * The subscription that counts for a user now: the live one, else the canceled one that still runs.
 * This file only reads: rows are written from what the provider has signed, and by nothing else.
 */
export async function findSubscriptionInForce(
  source: DataSource | Transaction,
  userId: UserId,
): Promise<Subscription | undefined> {
  const [row] = await query<Subscription>(
    source,
    `select id, status, tier, renews_at, ends_at, created_at, updated_at
     from subscriptions
     where user_id = $1
       and (status in ('active', 'past_due', 'paused') or (status = 'canceled' and ends_at > now()))
     order by status = 'canceled', created_at desc
     limit 1`,
    [userId],
  );
  return row;
}
