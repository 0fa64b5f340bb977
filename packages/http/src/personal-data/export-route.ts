import { Readable } from 'node:stream';
import { IdSchema, type UserId } from '@hivesync/contracts';
import { type DataSource, rowsHeldOn, type ServiceDatabase } from '@hivesync/database';
import { Type } from 'typebox';
import type { App } from '../app/app.ts';

/**
 * `GET /internal/users/{user_id}/export`: what this service holds on a user, by its declarations, as lines of JSON
 * `{ table, row }`. It streams, as slowly as it is read.
 */
export function exportRoute(app: App, options: { dataSource: DataSource; database: ServiceDatabase }): void {
  const { dataSource, database } = options;
  app.get(
    '/internal/users/:user_id/export',
    {
      config: { callers: ['identity'] },
      schema: {
        operationId: 'exportUser',
        summary: 'Everything held on a user, as lines of JSON',
        tags: ['internal'],
        params: Type.Object({ user_id: IdSchema<UserId>() }, { additionalProperties: false }),
        response: {
          200: Type.Unsafe<Readable>({
            type: 'string',
            description: 'application/x-ndjson: `{ table, row }` a line',
          }),
        },
      },
    },
    async (request, reply) => {
      const lines = async function* () {
        for await (const held of rowsHeldOn(dataSource, database, request.params.user_id)) {
          yield `${JSON.stringify(held)}\n`;
        }
      };
      reply.type('application/x-ndjson');
      return reply.send(Readable.from(lines(), { objectMode: false }));
    },
  );
}
