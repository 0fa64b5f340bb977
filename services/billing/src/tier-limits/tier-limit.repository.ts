import type { LimitKey, Tier } from '@hivesync/contracts';
import { type DataSource, query, type Transaction } from '@hivesync/database';

export interface TierLimitRow {
  tier: Tier;
  limit_key: LimitKey;
  value: number;
  version: number;
  updated_at: Date;
}

/** Every limit of every tier. The table has a few dozen rows by nature. */
export function listTierLimits(source: DataSource | Transaction): Promise<TierLimitRow[]> {
  return query<TierLimitRow>(
    source,
    `select tier, limit_key, value, version, updated_at
     from tier_limits
     order by limit_key, tier`,
  );
}

/** One limit, locked until the transaction ends. */
export async function lockTierLimit(
  tx: Transaction,
  tier: Tier,
  limitKey: LimitKey,
): Promise<TierLimitRow | undefined> {
  const [row] = await query<TierLimitRow>(
    tx,
    `select tier, limit_key, value, version, updated_at
     from tier_limits
     where tier = $1
       and limit_key = $2
     for update`,
    [tier, limitKey],
  );
  return row;
}

export async function updateTierLimit(
  tx: Transaction,
  tier: Tier,
  limitKey: LimitKey,
  value: number,
): Promise<TierLimitRow> {
  const [row] = await query<TierLimitRow>(
    tx,
    `update tier_limits
     set value = $3,
         version = version + 1
     where tier = $1
       and limit_key = $2
     returning tier, limit_key, value, version, updated_at`,
    [tier, limitKey, value],
  );
  return row!;
}
