import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';

/**
 * A HEAD is answered by the route of the GET. Where that answers with a stream, Fastify would read all of it for the
 * sake of nobody: an export would be made, a file read. Here it ends before its first byte.
 */
export function leaveStreamsUnread(app: FastifyInstance): void {
  app.addHook('onSend', async (request, _reply, payload) => {
    if (request.method === 'HEAD' && isStream(payload)) payload.destroy();
    return payload;
  });
}

const isStream = (payload: unknown): payload is Readable =>
  typeof payload === 'object' && payload !== null && 'pipe' in payload && 'destroy' in payload;
