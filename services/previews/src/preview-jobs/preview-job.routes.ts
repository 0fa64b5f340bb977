import type { DataSource } from '@hivesync/database';
import { type App, cursorScope, decodeCursor, errorResponses, pageFrom } from '@hivesync/http';
import { requireMember } from '../members/access.ts';
import { countPreviewJobs, listPreviewJobs, type PreviewJobRow } from './preview-job.repository.ts';
import {
  type PreviewJobBody,
  PreviewJobPage,
  PreviewJobQuery,
  ProjectParams,
} from './preview-job.schemas.ts';

/** For members of the project. */
export async function previewJobRoutes(app: App, { dataSource }: { dataSource: DataSource }): Promise<void> {
  app.get(
    '/api/v1/projects/:project_id/previews',
    {
      preHandler: app.requireUser,
      schema: {
        operationId: 'listPreviews',
        summary: 'List the preview jobs of a project, newest first',
        tags: ['previews'],
        params: ProjectParams,
        querystring: PreviewJobQuery,
        response: {
          200: PreviewJobPage,
          ...errorResponses('VALIDATION_FAILED', 'MALFORMED_CURSOR', 'NOT_FOUND'),
        },
      },
    },
    async (request) => {
      const { project_id: projectId } = request.params;
      const { limit, cursor, include_total: withTotal, ...filter } = request.query;
      const scope = cursorScope(request);
      const after = decodeCursor(cursor, scope);
      await requireMember(dataSource, projectId, request.user.id);
      const rows = await listPreviewJobs(dataSource, projectId, filter, after, limit);
      const page = pageFrom(rows, limit, ({ sort_key: sort, id }) => ({ sort, id }), scope);
      return {
        items: page.items.map(toBody),
        next_cursor: page.next_cursor,
        ...(withTotal && { total: await countPreviewJobs(dataSource, projectId, filter) }),
      };
    },
  );
}

function toBody({ sort_key: _, created_at, completed_at, ...job }: PreviewJobRow): PreviewJobBody {
  return {
    ...job,
    created_at: created_at.toISOString(),
    completed_at: completed_at?.toISOString() ?? null,
  };
}
