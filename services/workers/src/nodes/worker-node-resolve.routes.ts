import { PublicNode } from '@hivesync/contracts';
import { type App, ListReferencesQuery, ResolveBody, ResolveReply } from '@hivesync/http';
import { nodesAfter, type ResolvedNodeRow, resolveNodes } from './worker-node.repository.ts';

/** For services that refer to nodes. */
export async function workerNodeResolveRoutes(app: App): Promise<void> {
  app.post(
    '/internal/nodes/resolve',
    {
      schema: {
        operationId: 'resolveNodes',
        summary: 'Which of these ids are worker nodes',
        body: ResolveBody,
        response: { 200: ResolveReply(PublicNode) },
      },
    },
    async (request) => ({ items: (await resolveNodes(app.dataSource, request.body.ids)).map(resolved) }),
  );

  app.get(
    '/internal/nodes',
    {
      schema: {
        operationId: 'listNodeReferences',
        summary: 'All worker nodes in the order of their ids',
        tags: ['internal'],
        querystring: ListReferencesQuery,
        response: { 200: ResolveReply(PublicNode) },
      },
    },
    async ({ query: { after = null, limit } }) => ({
      items: (await nodesAfter(app.dataSource, after, limit)).map(resolved),
    }),
  );
}

const resolved = ({ id, version, name, type }: ResolvedNodeRow) => ({ id, version, data: { name, type } });
