import type { ErrorCode } from '@hivesync/contracts';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { errorResponses, type ProblemResponse } from '../errors/error-responses.ts';

const IdempotencyKey = Type.Optional(
  Type.String({
    description:
      'Repeating a request with the same key (1 to 255 printable ASCII characters) within 24 h gives its answer again instead of doing it twice',
  }),
);

/**
 * Adds to a route's document what follows from how it is built: its security and 401 from its guard, 403 where it
 * is for administrators or names its callers, what every route may answer and what one with a body may, the header of
 * idempotent routes, and the refusals of `If-Match`. What the route says itself stands.
 */
export function documentRoute(app: FastifyInstance, route: RouteOptions): void {
  if (!route.schema || route.schema.hide) return;
  const guards: unknown[] = [route.onRequest ?? []].flat();
  const internal = route.url.startsWith('/internal');
  const recent = guards.includes(app.requireRecentAdmin);
  const admin = recent || guards.includes(app.requireAdmin);
  const user = admin || guards.includes(app.requireUser);
  const { body, headers, response } = route.schema;
  // Whatever the route: headers may be malformed, we may fail, and we may be going.
  const codes: ErrorCode[] = ['VALIDATION_FAILED', 'INTERNAL', 'SHUTTING_DOWN', 'DATABASE_UNAVAILABLE'];
  if (user || internal) codes.push('UNAUTHENTICATED', 'TOKEN_EXPIRED', 'TOKEN_INVALID');
  if (admin) codes.push('ADMIN_ONLY');
  if (recent || (admin && route.method !== 'GET')) codes.push('UPSTREAM_UNAVAILABLE');
  if (route.config?.callers) codes.push('FORBIDDEN');
  if (recent) codes.push('REAUTHENTICATION_REQUIRED');
  if (body) codes.push('MALFORMED_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE');
  if (body || route.config?.streamsBody) codes.push('REQUEST_TIMEOUT');
  if (route.config?.idempotent) codes.push('IDEMPOTENCY_KEY_IN_USE', 'IDEMPOTENCY_KEY_REUSED');
  codes.push(...refusalsOfPreconditions(route));

  route.schema = {
    ...route.schema,
    security: user ? [{ accessToken: [] }] : [],
    ...(internal && { security: [{ serviceToken: [] }], tags: ['internal'] }),
    // What a gateway needs to know before it passes a body on.
    ...(body !== undefined && { 'x-body-limit-bytes': route.bodyLimit }),
    ...(route.config?.idempotent && { headers: withHeader(headers) }),
    response: withErrors(response, codes),
  };
}

function refusalsOfPreconditions({ method, config = {} }: RouteOptions): ErrorCode[] {
  const { ifMatch, versioned } = config;
  if (ifMatch === 'required') return ['MALFORMED_IF_MATCH', 'PRECONDITION_FAILED', 'IF_MATCH_REQUIRED'];
  if (ifMatch || (versioned && method === 'GET')) return ['MALFORMED_IF_MATCH', 'PRECONDITION_FAILED'];
  return method === 'GET' ? [] : ['PRECONDITION_UNSUPPORTED'];
}

function withHeader(headers: unknown): TSchema {
  const properties =
    typeof headers === 'object' && headers !== null && 'properties' in headers ? headers.properties : {};
  return Type.Object({
    ...(properties as Record<string, TSchema>),
    'idempotency-key': IdempotencyKey,
  });
}

/** Where the route names errors of the same status itself, both are told. */
function withErrors(response: unknown, codes: ErrorCode[]): Record<string, unknown> {
  const own = new Map(Object.entries((response ?? {}) as Record<string, unknown>));
  const added = new Map<string, unknown>(Object.entries(errorResponses(...codes)));
  const statuses = [...new Set([...own.keys(), ...added.keys()])].sort();
  return Object.fromEntries(
    statuses.map((status) => {
      const [ours, theirs] = [added.get(status), own.get(status)];
      if (!isProblemResponse(ours) || !isProblemResponse(theirs)) return [status, theirs ?? ours];
      const named = new Set([...ours.description.split(', '), ...theirs.description.split(', ')]);
      return [status, { ...theirs, description: [...named].sort().join(', ') }];
    }),
  );
}

const isProblemResponse = (value: unknown): value is ProblemResponse =>
  typeof value === 'object' && value !== null && 'content' in value && 'description' in value;
