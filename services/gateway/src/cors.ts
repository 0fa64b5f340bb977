import cors, { type FastifyCorsOptions } from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { addVary } from './vary.ts';

/** What a script of another origin may read of an answer, beside what the Fetch standard always lets it. */
const exposedHeaders = [
  'etag',
  'link',
  'location',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'x-request-id',
];
/** Every header that a route here reads. Tokens go in `Authorization`, so no credentials of the browser's are taken. */
const allowedHeaders = [
  'authorization',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'range',
  'x-deletion-receipt',
  'x-device-name',
  'x-request-id',
];
/** Seconds for which a browser need not ask again: the most that one keeps it. */
const maxAge = 7_200;

/**
 * Lets scripts of these origins use the API (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol). A preflight is
 * answered here, of any path, before it is counted: it carries no token, and asks no service. Register it before any
 * route. Without origins nothing is said, so that browsers let no other origin read.
 */
export async function crossOrigin(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  const options: FastifyCorsOptions = {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders,
    exposedHeaders,
    maxAge,
  };
  await app.register(cors, {
    delegator: (request, done) => done(null, { ...options, preflight: isPreflight(request) }),
  });
  // A service that says what its answer depends on must not take this away.
  app.addHook('onSend', async (_request, reply) => addVary(reply, 'origin'));
}

const isPreflight = ({ method, headers }: FastifyRequest): boolean =>
  method === 'OPTIONS' &&
  headers.origin !== undefined &&
  headers['access-control-request-method'] !== undefined;
