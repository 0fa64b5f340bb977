import { ApiError, type LimitKey, type Tier, tierLimitChanged } from '@hivesync/contracts';
import type { Transaction } from '@hivesync/database';
import { type Origin, publish } from '@hivesync/events';
import { lockTierLimit, type TierLimitRow, updateTierLimit } from './tier-limit.repository.ts';

export interface TierLimitChange {
  tier: Tier;
  limitKey: LimitKey;
  value: number;
  origin: Origin;
}

/**
 * Sets what a tier may use of one thing. Setting what already holds changes nothing and tells nobody.
 * @throws ApiError NOT_FOUND for a limit that does not exist, VALIDATION_FAILED for a switch set to more than 1.
 */
export async function changeTierLimit(tx: Transaction, change: TierLimitChange): Promise<TierLimitRow> {
  const { tier, limitKey, value, origin } = change;
  if (limitKey === 'gpu' && value > 1) {
    throw new ApiError('VALIDATION_FAILED', { errors: [{ path: 'body/value', message: 'gpu is 0 or 1' }] });
  }
  const current = await lockTierLimit(tx, tier, limitKey);
  if (current === undefined) throw new ApiError('NOT_FOUND');
  if (current.value === value) return current;

  const changed = await updateTierLimit(tx, tier, limitKey, value);
  await publish(tx, tierLimitChanged, {
    subject: `${tier}:${limitKey}`,
    version: changed.version,
    data: { tier, limit_key: limitKey, value },
    origin,
  });
  return changed;
}
