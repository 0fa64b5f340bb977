import { type App, errorResponses, Page, readPage } from '@hivesync/http';
import { requireMember } from '../members/access.ts';
import { ProjectParams } from '../preview-jobs/preview-job.schemas.ts';
import { countAiDocJobs, listAiDocJobs } from './ai-doc-job.repository.ts';
import { AiDocJob, AiDocJobQuery } from './ai-doc-job.schemas.ts';

/** For members of the project. */
export async function aiDocJobRoutes(app: App): Promise<void> {
  app.get(
    '/api/v1/projects/:project_id/ai-docs',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'listAiDocs',
        summary: 'List the AI documentation jobs of a project, newest first',
        tags: ['ai-docs'],
        params: ProjectParams,
        querystring: AiDocJobQuery,
        response: {
          200: Page(AiDocJob),
          ...errorResponses('VALIDATION_FAILED', 'MALFORMED_CURSOR', 'NOT_FOUND'),
        },
      },
    },
    async (request) => {
      const { params, query, user } = request;
      await requireMember(app.dataSource, params.project_id, user.id);
      return readPage(
        request,
        (page) => listAiDocJobs(app.dataSource, params.project_id, query, page),
        () => countAiDocJobs(app.dataSource, params.project_id, query),
      );
    },
  );
}
