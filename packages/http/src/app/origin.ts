import { isIP } from 'node:net';
import type { Origin } from '@hivesync/events';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { userOf } from '../auth/authentication.ts';

export function origin(app: FastifyInstance): void {
  app.decorateRequest('origin', {
    getter(this: FastifyRequest): Origin {
      const clientIp = clientAddress(this.ip);
      return { actorId: userOf(this)?.id, clientIp, requestId: this.id };
    },
  });
}

/** The address as PostgreSQL's `inet` takes it; undefined for what a proxy made up. */
export function clientAddress(ip: string): string | undefined {
  const address = ip.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return isIP(address) === 0 ? undefined : address;
}
