import { accessRefused, type ErrorCode } from '@hivesync/contracts';
import { transaction } from '@hivesync/database';
import { publish } from '@hivesync/events';
import type { FastifyRequest } from 'fastify';
import { userOf } from './authentication.ts';

/**
 * Publishes that a signed-in person was refused (403), in a transaction of its own: that of the request was rolled
 * back. The answer stands whether or not this can be written.
 */
export async function recordRefusal(request: FastifyRequest, code: ErrorCode): Promise<void> {
  const { serviceName } = request.server;
  const user = userOf(request);
  if (!user || serviceName === 'gateway') return;
  const data = { code, method: request.method, route: request.routeOptions.url ?? 'unknown' };
  try {
    await transaction(request.server.dataSource, (tx) =>
      publish(tx, accessRefused(serviceName), { subject: user.id, version: 0, data, origin: request.origin }),
    );
  } catch (error) {
    request.log.error({ err: error, code }, 'a refusal could not be written to the outbox');
  }
}
