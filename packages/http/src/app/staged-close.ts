import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** Milliseconds for which what is still sent is read after the answer. */
const lingerMs = 10_000;

/**
 * An answer given before its request has arrived whole closes the connection, in stages (RFC 9112, 9.6): it is
 * written, our half is closed, and what the client still sends is read and thrown away until it closes too. Closed at
 * once, the client's system would take the unread bytes for an error and throw the answer away.
 */
export function stagedClose(app: FastifyInstance): void {
  app.addHook('onSend', async ({ raw }, reply) => {
    // `inject` knows no connection.
    if (raw.complete !== false || raw.socket.destroyed) return;
    reply.header('connection', 'close');
    closeInStages(raw);
  });
}

function closeInStages(request: IncomingMessage): void {
  const { socket } = request;
  // What Node calls when the last answer of a connection is written.
  socket.destroySoon = () => {
    socket.end();
    request.resume();
    const timer = setTimeout(() => socket.destroy(), lingerMs).unref();
    socket.once('close', () => clearTimeout(timer));
  };
}
