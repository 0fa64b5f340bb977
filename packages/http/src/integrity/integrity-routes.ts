import { Readable } from 'node:stream';
import { type DataSource, rowsDepartingWith, type ServiceDatabase } from '@hivesync/database';
import { Type } from 'typebox';
import type { App } from '../app/app.ts';
import { errorResponses } from '../errors/error-responses.ts';
import type { ReferenceOwners } from '../references/reference-owners.ts';
import { auditReferences } from './audit-references.ts';
import { beginDeletions } from './deletions.ts';
import { DeletionsBegun, DepartingIds, IntegrityBody, IntegritySlice } from './schemas.ts';

/** The audit of this service's references, slice by slice; the export of what is to go, and its deletion. */
export function integrityRoutes(
  app: App,
  options: { dataSource: DataSource; database: ServiceDatabase; owners: ReferenceOwners },
): void {
  const config = { callers: ['audit'] } as const;
  app.post(
    '/internal/integrity',
    {
      config,
      schema: {
        operationId: 'auditReferences',
        summary: 'Compare references with what their owners say, and write what is stale or missing',
        tags: ['internal'],
        body: IntegrityBody,
        response: { 200: IntegritySlice, ...errorResponses('VALIDATION_FAILED', 'UPSTREAM_UNAVAILABLE') },
      },
    },
    async ({ body, id }) =>
      auditReferences({
        ...options,
        requestId: id,
        graceSeconds: body.grace_seconds,
        repair: body.repair,
        aggregate: body.aggregate,
        after: body.after,
        seconds: body.seconds,
        signal: app.lifecycle.closing,
      }),
  );

  app.post(
    '/internal/integrity/departing',
    {
      config,
      schema: {
        operationId: 'exportDeparting',
        summary: 'Every row that the deletion of some ids removes or changes here, as lines of JSON',
        tags: ['internal'],
        body: DepartingIds,
        response: {
          200: Type.Unsafe<Readable>({
            type: 'string',
            description: 'application/x-ndjson: `{ table, row }` a line',
          }),
          ...errorResponses('VALIDATION_FAILED'),
        },
      },
    },
    async ({ body }, reply) => {
      const { dataSource, database } = options;
      const lines = async function* () {
        for await (const row of rowsDepartingWith(dataSource, database, body.aggregate, body.ids)) {
          yield `${JSON.stringify(row)}\n`;
        }
      };
      reply.type('application/x-ndjson');
      return reply.send(Readable.from(lines(), { objectMode: false }));
    },
  );

  app.post(
    '/internal/integrity/deletions',
    {
      config,
      schema: {
        operationId: 'beginDeletions',
        summary: 'Delete what refers to ids that their owner does not have',
        description: 'By the policy that each column declares, in the background.',
        tags: ['internal'],
        body: DepartingIds,
        response: { 200: DeletionsBegun, ...errorResponses('VALIDATION_FAILED', 'UPSTREAM_UNAVAILABLE') },
      },
    },
    async ({ body, id }) => ({
      ids: await beginDeletions({ ...options, requestId: id }, body.aggregate, body.ids),
    }),
  );
}
