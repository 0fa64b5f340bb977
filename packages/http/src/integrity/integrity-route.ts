import type { DataSource, ServiceDatabase } from '@hivesync/database';
import type { App } from '../app/app.ts';
import { errorResponses } from '../errors/error-responses.ts';
import type { ReferenceOwners } from '../references/reference-owners.ts';
import { auditReferences } from './audit-references.ts';
import { IntegrityBody, IntegritySlice } from './schemas.ts';

/** `POST /internal/integrity`: the audit of this service's references, slice by slice. */
export function integrityRoute(
  app: App,
  options: { dataSource: DataSource; database: ServiceDatabase; owners: ReferenceOwners },
): void {
  app.post(
    '/internal/integrity',
    {
      config: { callers: ['audit'] },
      schema: {
        operationId: 'auditReferences',
        summary: 'Compare references with what their owners say, and repair them',
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
        maxDeletions: body.max_deletions,
        signal: app.lifecycle.closing,
      }),
  );
}
