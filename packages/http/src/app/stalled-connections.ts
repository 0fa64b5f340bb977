import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ApiError } from '@hivesync/contracts';
import type { FastifyInstance } from 'fastify';
import { rawProblem } from '../errors/error-handler.ts';

/** Milliseconds in which nothing moves on a connection: the app's `connectionTimeout`. */
export const stallMs = 30_000;

/**
 * Ends connections that have stood still for so long while it is the client's turn: to send (408 REQUEST_TIMEOUT,
 * where nothing was answered yet) or to read. While an answer is being worked out, they may.
 */
export function stalledConnections(app: FastifyInstance): void {
  const answers = new WeakMap<Socket, ServerResponse>();
  app.addHook('onRequest', async ({ raw }, reply) => {
    answers.set(raw.socket, reply.raw);
  });
  app.server.on('timeout', (socket) => {
    const answer = answers.get(socket);
    // Nothing was asked yet, or all that was asked is answered.
    if (!answer || answer.writableFinished) socket.destroy();
    else if (!answer.req.complete) endReceiving(answer.req, answer);
    else if (socket.writableLength > 0) socket.destroy();
  });
}

/** Ends a request that takes too long to arrive; with an answer, where none was begun. */
export function endReceiving({ socket }: IncomingMessage, answer: ServerResponse): void {
  if (answer.headersSent || !socket.writable) socket.destroy();
  else socket.end(rawProblem('408 Request Timeout', new ApiError('REQUEST_TIMEOUT')), () => socket.destroy());
}
