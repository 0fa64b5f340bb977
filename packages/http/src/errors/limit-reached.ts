import { ApiError, defaultTierLimits, type LimitKey, type Tier } from '@hivesync/contracts';

const tiers: readonly Tier[] = ['free', 'pro', 'premium'];

/**
 * The 429 for a limit of the caller's tier. Nothing else is answered in this shape.
 * @param remaining what may still be used; 0 unless the request asked for more than is left of it
 * @param retryAfterSeconds when more may be used; null where waiting does not help
 */
export function limitReached(
  limitType: LimitKey,
  tier: Tier,
  { remaining = 0, retryAfterSeconds = null }: { remaining?: number; retryAfterSeconds?: number | null } = {},
): ApiError {
  const limits = defaultTierLimits[limitType];
  const limit = limits[tier];
  const better = tiers.slice(tiers.indexOf(tier) + 1).find((higher) => limits[higher] > limit) ?? null;
  return new ApiError('LIMIT_REACHED', {
    members: {
      limit_type: limitType,
      tier,
      limit,
      remaining,
      retry_after_seconds: retryAfterSeconds,
      upgrade_available: better !== null,
      recommended_tier: better,
      upgrade_reason: better && `${better} allows ${limits[better]} instead of ${limit}.`,
    },
    ...(retryAfterSeconds !== null && { headers: { 'retry-after': String(retryAfterSeconds) } }),
  });
}
