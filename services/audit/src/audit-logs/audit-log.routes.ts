import type { DataSource } from '@hivesync/database';
import { type App, cursorScope, decodeCursor, errorResponses, pageFrom } from '@hivesync/http';
import { type AuditLogRow, countFacts, listFacts } from './audit-log.repository.ts';
import { type AuditLogBody, AuditLogPage, AuditLogQuery } from './audit-log.schemas.ts';

/** For administrators. */
export async function auditLogRoutes(app: App, { dataSource }: { dataSource: DataSource }): Promise<void> {
  app.get(
    '/api/v1/admin/audit-logs',
    {
      preHandler: app.requireAdmin,
      schema: {
        operationId: 'listAuditLogs',
        summary: 'Search the audit log, newest first',
        tags: ['admin'],
        querystring: AuditLogQuery,
        response: { 200: AuditLogPage, ...errorResponses('VALIDATION_FAILED', 'MALFORMED_CURSOR') },
      },
    },
    async (request) => {
      const { limit, cursor, include_total: withTotal, ...filter } = request.query;
      const scope = cursorScope(request);
      const rows = await listFacts(dataSource, filter, decodeCursor(cursor, scope), limit);
      const page = pageFrom(rows, limit, ({ sort_key: sort, id }) => ({ sort, id }), scope);
      return {
        items: page.items.map(toBody),
        next_cursor: page.next_cursor,
        ...(withTotal && { total: await countFacts(dataSource, filter) }),
      };
    },
  );
}

function toBody({ sort_key: _, created_at, ...fact }: AuditLogRow): AuditLogBody {
  return { ...fact, created_at: created_at.toISOString() };
}
