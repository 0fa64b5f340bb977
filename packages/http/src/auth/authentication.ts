import { ApiError, type ServiceName } from '@hivesync/contracts';
import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { KeyResolver } from './key-resolver.ts';
import { verifyServiceToken } from './service-tokens.ts';
import { sessionNow } from './session-now.ts';
import {
  type AuthenticatedUser,
  assertRecent,
  bearerToken,
  tokenError,
  verifyUserToken,
} from './user-tokens.ts';

const internalPath = /^\/internal(\/|$)/;
const adminPath = /^\/api\/v1\/admin(\/|$)/;
const reading = new Set(['GET', 'HEAD']);

type Guard = onRequestAsyncHookHandler;

const users = new WeakMap<FastifyRequest, AuthenticatedUser>();
const services = new WeakMap<FastifyRequest, ServiceName>();

/** The caller, or undefined for strangers and services. */
export const userOf = (request: FastifyRequest): AuthenticatedUser | undefined => users.get(request);

/**
 * Decorates the app with the guards, and puts every route under `/internal` behind service tokens by a hook that
 * no route can leave out; one that names its `callers` answers all other services 403 FORBIDDEN. Register it before
 * any route.
 */
export function authentication(
  app: FastifyInstance,
  options: { service: ServiceName | 'gateway'; keys: KeyResolver },
): void {
  const requireUser: Guard = async (request) => {
    if (!users.has(request)) {
      users.set(request, await verifyUserToken(bearerToken(request.headers.authorization), options.keys));
    }
  };
  const adminByToken: Guard = async function (request, reply) {
    await requireUser.call(this, request, reply);
    if (request.user.role !== 'admin') throw new ApiError('ADMIN_ONLY');
  };
  const requireAdmin: Guard = async function (request, reply) {
    await adminByToken.call(this, request, reply);
    if (!reading.has(request.method)) await adminNow(request);
  };
  const requireRecentAdmin: Guard = async function (request, reply) {
    await adminByToken.call(this, request, reply);
    assertRecent(request.user);
    await adminNow(request);
  };
  app.decorate('requireUser', requireUser);
  app.decorate('requireAdmin', requireAdmin);
  app.decorate('requireRecentAdmin', requireRecentAdmin);
  const identify = async (request: FastifyRequest): Promise<AuthenticatedUser | null> => {
    try {
      return await verifyUserToken(bearerToken(request.headers.authorization), options.keys);
    } catch (error) {
      if (error instanceof ApiError) return null;
      throw error;
    }
  };
  const identified = new WeakMap<FastifyRequest, Promise<AuthenticatedUser | null>>();
  app.decorate('identifyUser', (request) => {
    const known = identified.get(request) ?? identify(request);
    identified.set(request, known);
    return known;
  });
  app.decorateRequest('user', {
    getter(this: FastifyRequest): AuthenticatedUser {
      const user = users.get(this);
      if (!user) throw tokenError('UNAUTHENTICATED');
      return user;
    },
  });
  app.decorateRequest('service', {
    getter(this: FastifyRequest): ServiceName | null {
      return services.get(this) ?? null;
    },
  });
  app.addHook('onRequest', async (request) => {
    if (!isInternal(request)) return;
    const token = bearerToken(request.headers.authorization);
    const caller = await verifyServiceToken(token, options.service, options.keys);
    const { callers } = request.routeOptions.config ?? {};
    if (callers && !callers.includes(caller)) throw new ApiError('FORBIDDEN');
    services.set(request, caller);
  });
  refusePublicCallers(app);
  refuseLateGuards(app, [requireUser, requireAdmin, requireRecentAdmin]);
  // The gateway has routes by their names alone: it lets everybody through to who keeps them.
  if (options.service !== 'gateway') refuseOpenAdminPaths(app, [requireAdmin, requireRecentAdmin]);
}

/** The token does not know that its session has ended since, or that its person is no administrator any more. */
async function adminNow(request: FastifyRequest): Promise<void> {
  const { id, sid } = request.user;
  const session = await sessionNow(request.server.callService, sid, request.id);
  if (session?.user_id !== id || session.role !== 'admin') throw tokenError('TOKEN_INVALID');
}

/** By the route that matched, so that no spelling of the URL leads around it. */
function isInternal(request: FastifyRequest): boolean {
  return internalPath.test(request.routeOptions.url ?? request.url);
}

/** Outside `/internal` nobody asks which service calls, so that `callers` there would only seem to protect. */
function refusePublicCallers(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.callers && !internalPath.test(url)) {
      throw new TypeError(`${method} ${url}: only routes under /internal have callers`);
    }
  });
}

/** Who calls is settled before a body is read or validated: a guard anywhere else is a mistake, found at boot. */
function refuseLateGuards(app: FastifyInstance, guards: readonly Guard[]): void {
  app.addHook('onRoute', ({ method, url, preParsing, preValidation, preHandler }) => {
    const late: unknown[] = [preParsing, preValidation, preHandler].flat();
    if (guards.some((guard) => late.includes(guard))) {
      throw new TypeError(`${method} ${url}: a guard belongs in onRequest`);
    }
  });
}

/** What a path promises, its guard has to keep: one that was forgotten is found at boot. */
function refuseOpenAdminPaths(app: FastifyInstance, guards: readonly Guard[]): void {
  app.addHook('onRoute', ({ method, url, onRequest }) => {
    const own: unknown[] = [onRequest].flat();
    if (adminPath.test(url) && !guards.some((guard) => own.includes(guard))) {
      throw new TypeError(`${method} ${url}: only administrators may call what is under /api/v1/admin`);
    }
  });
}
