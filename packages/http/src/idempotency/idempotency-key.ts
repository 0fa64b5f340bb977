import { createHmac } from 'node:crypto';
import { ApiError } from '@hivesync/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { clientAddress } from '../app/client-address.ts';
import { userOf } from '../auth/authentication.ts';
import { findAnswer, type IdempotentRequest, type StoredAnswer } from './stored-answers.ts';

const header = 'idempotency-key';
const wellFormed = /^[\x20-\x7e]{1,255}$/;

/**
 * Documents `Idempotency-Key` on the routes that are marked `config: { idempotent: true }`, and replays a stored
 * answer before their handler runs, so that nothing is resolved or computed for it. Register it before any route.
 */
export function idempotency(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    if (!route.config?.idempotent) return;
    route.preHandler = [
      ...[route.preHandler ?? []].flat(),
      async (request: FastifyRequest, reply: FastifyReply) => {
        const { dataSource } = request.server;
        const identified = idempotentRequest(request);
        if (!identified) return;
        const stored = replayable(await findAnswer(dataSource, identified), identified);
        if (stored)
          return reply
            .headers(replayHeaders(stored))
            .code(stored.status)
            .send(stored.body ?? undefined);
      },
    ];
  });
}

/**
 * What a request with `Idempotency-Key` is known by; null without the header or on a route that does not take it.
 * The key is scoped to the caller: the person, or a stranger's address (hashed, as it is kept for 24 h). The hash
 * covers method, URL and body, with ids in one spelling.
 * @throws ApiError VALIDATION_FAILED for a key that is not 1 to 255 printable ASCII characters
 */
export function idempotentRequest(request: FastifyRequest): IdempotentRequest | null {
  const key = request.headers[header];
  if (key === undefined || !request.routeOptions.config.idempotent) return null;
  if (typeof key !== 'string' || !wellFormed.test(key)) {
    throw new ApiError('VALIDATION_FAILED', {
      errors: [{ path: `header/${header}`, message: 'must be 1 to 255 printable ASCII characters' }],
    });
  }
  return { key, caller: callerOf(request), hash: hashOf(request) };
}

function callerOf(request: FastifyRequest): string {
  const user = userOf(request);
  if (user) return `user:${user.id}`;
  if (request.service) return `service:${request.service}`;
  const address = createHmac('sha256', request.server.idempotencySecret)
    .update(clientAddress(request.ip) ?? request.ip)
    .digest('base64url');
  return `anonymous:${address}`;
}

const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/** Keyed, because the body of a registration holds a password and the hash is kept for 24 h. */
function hashOf({ method, url, body, server }: FastifyRequest): Buffer {
  return createHmac('sha256', server.idempotencySecret)
    .update(JSON.stringify([method, url.replaceAll(uuid, (id) => id.toLowerCase()), canonical(body)]))
    .digest();
}

/** The order of members means nothing in JSON, so it makes no other request. Depth is bounded by `checkText`. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, item]) => [name, canonical(item)]);
}

/**
 * The answer to give again, if there is one.
 * @throws ApiError IDEMPOTENCY_KEY_REUSED where it was given to another request
 */
export function replayable(
  found: { hash: Buffer; answer: StoredAnswer } | null,
  identified: IdempotentRequest,
): StoredAnswer | null {
  if (found && !found.hash.equals(identified.hash)) throw new ApiError('IDEMPOTENCY_KEY_REUSED');
  return found?.answer ?? null;
}

export function replayHeaders({ headers, body }: StoredAnswer): Record<string, string> {
  return {
    ...(body !== null && { 'content-type': 'application/json; charset=utf-8' }),
    ...headers,
    'idempotency-replayed': 'true',
  };
}
