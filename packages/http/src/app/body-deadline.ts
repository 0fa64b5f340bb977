import type { FastifyInstance } from 'fastify';
import { endReceiving } from './stalled-connections.ts';

/** Milliseconds until a request with its body must be there. */
export const requestMs = 60_000;
/** Of one whose route streams its body: 100 MB at less than 1 Mbit/s. */
export const streamedRequestMs = 900_000;

/**
 * For an app that streams bodies. Node knows one timeout for all requests of a server, so that one is as long as
 * streams need, and the others are held to theirs here: who sends a body byte by byte holds no connection for long.
 */
export function bodyDeadline(app: FastifyInstance, milliseconds = requestMs): void {
  app.addHook('onRequest', async ({ raw, routeOptions }, reply) => {
    if (routeOptions.config.streamsBody || raw.complete) return;
    const timer = setTimeout(() => {
      if (!raw.complete) endReceiving(raw, reply.raw);
    }, milliseconds).unref();
    raw.once('close', () => clearTimeout(timer));
    // What is answered before it was whole is ended in stages; and what was injected has no connection that closes.
    reply.raw.once('finish', () => clearTimeout(timer));
  });
}
