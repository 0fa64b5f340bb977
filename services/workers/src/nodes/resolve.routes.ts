import { PublicNode } from '@hivesync/contracts';
import { type App, ResolveBody, ResolveReply } from '@hivesync/http';
import { resolveNodes } from './worker-node.repository.ts';

/** For services that refer to nodes. */
export async function resolveRoutes(app: App): Promise<void> {
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
    async (request) => {
      const nodes = await resolveNodes(app.dataSource, request.body.ids);
      return { items: nodes.map(({ id, version, name, type }) => ({ id, version, data: { name, type } })) };
    },
  );
}
