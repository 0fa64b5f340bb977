import type { DataSource } from '@hivesync/database';
import { type App, cursorScope, decodeCursor, errorResponses, pageFrom } from '@hivesync/http';
import { requireMember } from '../members/access.ts';
import { ProjectParams } from '../preview-jobs/preview-job.schemas.ts';
import { type AiDocJobRow, countAiDocJobs, listAiDocJobs } from './ai-doc-job.repository.ts';
import { type AiDocJobBody, AiDocJobPage, AiDocJobQuery } from './ai-doc-job.schemas.ts';

/** For members of the project. */
export async function aiDocJobRoutes(app: App, { dataSource }: { dataSource: DataSource }): Promise<void> {
  app.get(
    '/api/v1/projects/:project_id/ai-docs',
    {
      preHandler: app.requireUser,
      schema: {
        operationId: 'listAiDocs',
        summary: 'List the AI documentation jobs of a project, newest first',
        tags: ['ai-docs'],
        params: ProjectParams,
        querystring: AiDocJobQuery,
        response: {
          200: AiDocJobPage,
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
      const rows = await listAiDocJobs(dataSource, projectId, filter, after, limit);
      const page = pageFrom(rows, limit, ({ sort_key: sort, id }) => ({ sort, id }), scope);
      return {
        items: page.items.map(toBody),
        next_cursor: page.next_cursor,
        ...(withTotal && { total: await countAiDocJobs(dataSource, projectId, filter) }),
      };
    },
  );
}

function toBody({ sort_key: _, created_at, completed_at, ...job }: AiDocJobRow): AiDocJobBody {
  return {
    ...job,
    created_at: created_at.toISOString(),
    completed_at: completed_at?.toISOString() ?? null,
  };
}
