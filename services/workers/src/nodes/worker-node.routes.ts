import type { DataSource } from '@hivesync/database';
import { type App, cursorScope, decodeCursor, errorResponses, pageFrom } from '@hivesync/http';
import { countWorkerNodes, listWorkerNodes, type WorkerNodeRow } from './worker-node.repository.ts';
import { type WorkerNodeBody, WorkerNodePage, WorkerNodeQuery } from './worker-node.schemas.ts';

/** For administrators. */
export async function workerNodeRoutes(app: App, { dataSource }: { dataSource: DataSource }): Promise<void> {
  app.get(
    '/api/v1/admin/workers',
    {
      preHandler: app.requireAdmin,
      schema: {
        operationId: 'listWorkers',
        summary: 'List the worker nodes, newest first',
        tags: ['admin'],
        querystring: WorkerNodeQuery,
        response: { 200: WorkerNodePage, ...errorResponses('VALIDATION_FAILED', 'MALFORMED_CURSOR') },
      },
    },
    async (request) => {
      const { limit, cursor, include_total: withTotal, ...filter } = request.query;
      const scope = cursorScope(request);
      const rows = await listWorkerNodes(dataSource, filter, decodeCursor(cursor, scope), limit);
      const page = pageFrom(rows, limit, ({ sort_key: sort, id }) => ({ sort, id }), scope);
      return {
        items: page.items.map(toBody),
        next_cursor: page.next_cursor,
        ...(withTotal && { total: await countWorkerNodes(dataSource, filter) }),
      };
    },
  );
}

function toBody({
  sort_key: _,
  last_heartbeat_at,
  created_at,
  updated_at,
  ...node
}: WorkerNodeRow): WorkerNodeBody {
  return {
    ...node,
    last_heartbeat_at: last_heartbeat_at?.toISOString() ?? null,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
  };
}
