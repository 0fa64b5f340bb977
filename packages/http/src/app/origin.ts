import type { Origin } from '@hivesync/events';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { userOf } from '../auth/authentication.ts';
import { clientAddress } from './client-address.ts';

export function origin(app: FastifyInstance): void {
  app.decorateRequest('origin', {
    getter(this: FastifyRequest): Origin {
      const clientIp = clientAddress(this.ip);
      return { actorId: userOf(this)?.id, clientIp, requestId: this.id };
    },
  });
}
