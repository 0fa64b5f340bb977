import { type App, errorResponses, Page, readPage } from '@hivesync/http';
import { countWorkerNodes, listWorkerNodes } from './worker-node.repository.ts';
import { WorkerNode, WorkerNodeQuery } from './worker-node.schemas.ts';

/** For administrators. */
export async function workerNodeRoutes(app: App): Promise<void> {
  app.get(
    '/api/v1/admin/workers',
    {
      onRequest: app.requireAdmin,
      schema: {
        operationId: 'listWorkers',
        summary: 'List the worker nodes, newest first',
        tags: ['admin'],
        querystring: WorkerNodeQuery,
        response: { 200: Page(WorkerNode), ...errorResponses('VALIDATION_FAILED', 'MALFORMED_CURSOR') },
      },
    },
    async (request) =>
      readPage(
        request,
        (page) => listWorkerNodes(app.dataSource, request.query, page),
        () => countWorkerNodes(app.dataSource, request.query),
      ),
  );
}
