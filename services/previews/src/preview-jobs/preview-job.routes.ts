import { type App, errorResponses, Page, readPage } from '@hivesync/http';
import { requireMember } from '../members/access.ts';
import { countPreviewJobs, listPreviewJobs } from './preview-job.repository.ts';
import { PreviewJob, PreviewJobQuery, ProjectParams } from './preview-job.schemas.ts';

/** For members of the project. */
export async function previewJobRoutes(app: App): Promise<void> {
  app.get(
    '/api/v1/projects/:project_id/previews',
    {
      onRequest: app.requireUser,
      schema: {
        operationId: 'listPreviews',
        summary: 'List the preview jobs of a project, newest first',
        tags: ['previews'],
        params: ProjectParams,
        querystring: PreviewJobQuery,
        response: {
          200: Page(PreviewJob),
          ...errorResponses('VALIDATION_FAILED', 'MALFORMED_CURSOR', 'NOT_FOUND'),
        },
      },
    },
    async (request) => {
      const { params, query, user } = request;
      await requireMember(app.dataSource, params.project_id, user.id);
      return readPage(
        request,
        (page) => listPreviewJobs(app.dataSource, params.project_id, query, page),
        () => countPreviewJobs(app.dataSource, params.project_id, query),
      );
    },
  );
}
