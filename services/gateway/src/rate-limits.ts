import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import { ApiError, defaultTierLimits, type Tier, type UserId } from '@hivesync/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';

export interface RateLimitsOptions {
  /** Requests a minute for each tier. */
  perMinute?: Record<Tier, number>;
  /** Requests a minute from one address without a valid token. */
  strangersPerMinute: number;
  /** The caller as a verified token names it; null for a stranger, whatever the request claims. */
  caller: (request: FastifyRequest) => Promise<{ id: UserId; tier: Tier } | null>;
}

interface Account {
  key: string;
  policy: Tier | 'stranger' | 'probe';
  max: number;
}

const windowSeconds = 60;
/** Accounts that are counted at once; the least recently seen is forgotten first. */
const accountsKept = 100_000;
/** From one address: ten a second, more than any balancer asks. */
const probesPerMinute = 600;

/**
 * Counts requests in windows of a minute: a signed-in person by id with the tier's limit, a stranger by address
 * (IPv6 by its /64 network), and the probes of a balancer by address too, but apart, so that a busy neighbour does
 * not make it think that we are gone. Applies to everything that this app answers, what it does not know included.
 * Every answer tells the policy and what is left (draft-ietf-httpapi-ratelimit-headers-10).
 *
 * @throws ApiError RATE_LIMITED with Retry-After
 */
export async function rateLimits(app: FastifyInstance, options: RateLimitsOptions): Promise<void> {
  const perMinute = options.perMinute ?? defaultTierLimits.api_requests_per_minute;
  // Put on the request, since it takes a verification to know it and the counter asks twice.
  const accounts = new WeakMap<FastifyRequest, Account>();
  const accountOf = (request: FastifyRequest): Account => {
    const account = accounts.get(request);
    if (!account) throw new TypeError('The caller is identified before it is counted');
    return account;
  };
  await app.register(rateLimit, {
    global: false,
    cache: accountsKept,
    timeWindow: windowSeconds * 1_000,
    keyGenerator: (request) => accountOf(request).key,
    max: (request) => accountOf(request).max,
  });
  const count = app.createRateLimit();

  const identify = async (request: FastifyRequest): Promise<Account> => {
    const address = normalizeIP(request.ip, 64);
    if (request.routeOptions.url?.startsWith('/health/')) {
      return { key: `probe ${address}`, policy: 'probe', max: probesPerMinute };
    }
    const caller = await options.caller(request);
    return caller
      ? { key: caller.id, policy: caller.tier, max: perMinute[caller.tier] }
      : { key: address, policy: 'stranger', max: options.strangersPerMinute };
  };

  app.addHook('onRequest', async (request, reply) => {
    const account = await identify(request);
    accounts.set(request, account);
    const state = await count(request);
    if (state.isAllowed) return;

    const { policy, max } = account;
    reply.header('ratelimit-policy', `"${policy}";q=${max};w=${windowSeconds}`);
    reply.header('ratelimit', `"${policy}";r=${state.remaining};t=${state.ttlInSeconds}`);
    if (state.isExceeded) {
      throw new ApiError('RATE_LIMITED', {
        detail: `At most ${max} requests a minute.`,
        headers: { 'retry-after': String(Math.max(1, state.ttlInSeconds)) },
      });
    }
  });
}
