import { type AggregateName, integrityAudited } from '@hivesync/contracts';
import { type DataSource, transaction } from '@hivesync/database';
import { publish } from '@hivesync/events';
import {
  type App,
  auditPlatform,
  cursorScope,
  decodeCursor,
  encodeCursor,
  errorResponses,
  type IntegrityProgress,
  wholePlatform,
} from '@hivesync/http';
import type { FastifyRequest } from 'fastify';
import { IntegrityPage, IntegrityQuery, IntegrityRepair, lookingSeconds } from './integrity.schemas.ts';

interface Wanted {
  repair: boolean;
  graceSeconds: number;
  aggregate?: AggregateName | undefined;
  cursor?: string | undefined;
}

/** The integrity audit of the whole platform, for administrators. Each page leaves its row in the log. */
export async function integrityRoutes(app: App, { dataSource }: { dataSource: DataSource }): Promise<void> {
  const errors = errorResponses('VALIDATION_FAILED', 'MALFORMED_CURSOR', 'UPSTREAM_UNAVAILABLE');

  async function page(request: FastifyRequest, wanted: Wanted) {
    const scope = cursorScope(request);
    const progress = decodeCursor(wanted.cursor, scope)?.sort;
    const { findings, deletions, examined, ...rest } = await auditPlatform(
      app.callService,
      progress ? (JSON.parse(progress) as IntegrityProgress) : wholePlatform(),
      {
        repair: wanted.repair,
        grace_seconds: wanted.graceSeconds,
        seconds: lookingSeconds,
        ...(wanted.aggregate && { aggregate: wanted.aggregate }),
      },
      { requestId: request.id },
    );
    const total = (of: 'count' | 'repaired') => findings.reduce((sum, finding) => sum + finding[of], 0);
    await transaction(dataSource, (tx) =>
      publish(tx, integrityAudited, {
        subject: request.user.id,
        version: 0,
        data: { repair: wanted.repair, examined, found: total('count'), repaired: total('repaired') },
        origin: request.origin,
      }),
    );
    const through = Object.keys(rest.progress).length === 0;
    return {
      items: findings,
      deletions: deletions.length,
      examined,
      next_cursor: through ? null : encodeCursor({ sort: JSON.stringify(rest.progress), id: '' }, scope),
    };
  }

  app.get(
    '/api/v1/admin/integrity',
    {
      onRequest: app.requireAdmin,
      schema: {
        operationId: 'auditIntegrity',
        summary: 'Ids of one service that another one does not know, or knows otherwise',
        description:
          'Looks for some seconds, then answers with what it found so far and a cursor to go on. It leaves a row in the audit log.',
        tags: ['admin'],
        querystring: IntegrityQuery,
        response: { 200: IntegrityPage, ...errors },
      },
    },
    (request) => {
      const { grace_seconds: graceSeconds, ...rest } = request.query;
      return page(request, { ...rest, repair: false, graceSeconds });
    },
  );

  app.post(
    '/api/v1/admin/integrity/repair',
    {
      onRequest: app.requireRecentAdmin,
      schema: {
        operationId: 'repairIntegrity',
        summary: 'Look for the same, and repair what is found',
        description:
          'What is stale or missing is written as the owner says. Nothing is deleted: ids whose rows would have to go are counted in `deletions`, and an operator deletes them with `npm run integrity`, which exports them first.',
        tags: ['admin'],
        body: IntegrityRepair,
        response: { 200: IntegrityPage, ...errors },
      },
    },
    (request) => {
      const { grace_seconds: graceSeconds, ...rest } = request.body;
      return page(request, { ...rest, repair: true, graceSeconds });
    },
  );
}
