import { Readable } from 'node:stream';
import { serviceNames, userExported } from '@hivesync/contracts';
import { rowsHeldOn, transaction } from '@hivesync/database';
import { publish } from '@hivesync/events';
import { type App, errorResponses } from '@hivesync/http';
import { Type } from 'typebox';
import { database } from '../database/data-source.ts';
import { existingUser } from '../users/user.service.ts';
import { archive } from './archive.ts';
import { heldElsewhere } from './held-elsewhere.ts';

/** Everything that any service holds on the caller, in one archive. */
export async function exportRoutes(app: App): Promise<void> {
  app.get(
    '/api/v1/me/export',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'exportMe',
        summary: 'Everything held on me, by every service, as a ZIP',
        description:
          'One file of JSON lines for each table, `<service>/<table>.jsonl`. Hashes and encrypted secrets are left out.',
        tags: ['account'],
        response: {
          200: {
            description: 'The archive',
            content: {
              'application/zip': { schema: Type.Unsafe<Readable>({ type: 'string', format: 'binary' }) },
            },
          },
          ...errorResponses('NOT_FOUND', 'UPSTREAM_UNAVAILABLE'),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.user;
      await existingUser(app.dataSource, id);
      reply
        .type('application/zip')
        .header('content-disposition', 'attachment; filename="hivesync-export.zip"')
        .header('cache-control', 'no-store');
      // Nothing is collected, and so nothing was taken, for who asks what an archive would be like.
      if (request.method === 'HEAD') return reply.send(Readable.from([]));
      const left = new AbortController();
      reply.raw.once('close', () => left.abort());
      const context = { requestId: request.id, signal: left.signal };
      // All have begun to answer before we do: until then a service that is down is a 503.
      const others = serviceNames.filter((service) => service !== 'identity');
      const parts = await Promise.all(
        others.map(async (service) => ({ service, rows: await heldElsewhere(app, service, id, context) })),
      );
      await transaction(app.dataSource, (tx) =>
        publish(tx, userExported, { subject: id, version: 0, data: {}, origin: request.origin }),
      );
      const own = { service: 'identity', rows: rowsHeldOn(app.dataSource, database, id) };
      return reply.send(Readable.from(archive([own, ...parts]), { objectMode: false }));
    },
  );
}
