import { type App, errorResponses, Page, readPage } from '@hivesync/http';
import { countFacts, listFacts } from './audit-log.repository.ts';
import { AuditLog, AuditLogQuery } from './audit-log.schemas.ts';

/** For administrators. */
export async function auditLogRoutes(app: App): Promise<void> {
  app.get(
    '/api/v1/admin/audit-logs',
    {
      onRequest: app.requireAdmin,
      schema: {
        operationId: 'listAuditLogs',
        summary: 'Search the audit log, newest first',
        tags: ['admin'],
        querystring: AuditLogQuery,
        response: { 200: Page(AuditLog), ...errorResponses('VALIDATION_FAILED', 'MALFORMED_CURSOR') },
      },
    },
    async (request) =>
      readPage(
        request,
        (page) => listFacts(app.dataSource, request.query, page),
        () => countFacts(app.dataSource, request.query),
      ),
  );
}
