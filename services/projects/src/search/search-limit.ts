import rateLimit from '@fastify/rate-limit';
import { defaultTierLimits, type Tier, type UserId } from '@hivesync/contracts';
import { limitReached } from '@hivesync/http';
import type { FastifyInstance, FastifyRequest } from 'fastify';

type Searching = FastifyRequest & { user: { id: UserId; tier: Tier } };

/** People that are counted at once; the least recently seen is forgotten first. */
const peopleKept = 100_000;

/**
 * Counts a person's searches against `searches_per_minute` of their tier: in windows of a minute that begin with the first,
 * and in each process for itself.
 *
 * @returns what counts one; it throws ApiError LIMIT_REACHED with the seconds until the window ends
 */
export async function searchLimit(app: FastifyInstance): Promise<(request: Searching) => Promise<void>> {
  await app.register(rateLimit, { global: false, cache: peopleKept });
  const count = app.createRateLimit({
    timeWindow: 60_000,
    keyGenerator: (request) => (request as Searching).user.id,
    max: (request) => defaultTierLimits.searches_per_minute[(request as Searching).user.tier],
  });
  return async (request) => {
    const state = await count(request);
    if (state.isAllowed || !state.isExceeded) return;
    throw limitReached('searches_per_minute', request.user.tier, {
      retryAfterSeconds: Math.max(1, state.ttlInSeconds),
    });
  };
}
