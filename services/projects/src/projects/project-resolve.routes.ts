import type { ProjectId } from '@hivesync/contracts';
import { PublicProject } from '@hivesync/contracts';
import { type App, ListReferencesQuery, ResolveBody, ResolveReply } from '@hivesync/http';
import { resolveProjects } from './project.repository.ts';
import { projectsAfter } from './project-resolve.repository.ts';

/** For other services that meet the id of a project; the app asks for a service token under /internal. */
export async function projectResolveRoutes(app: App): Promise<void> {
  app.post(
    '/internal/projects/resolve',
    {
      schema: {
        operationId: 'resolveProjects',
        summary: 'Which of these projects exist, with what other services may know of them',
        tags: ['internal'],
        body: ResolveBody,
        response: { 200: ResolveReply(PublicProject) },
      },
    },
    async ({ body }) => ({ items: await resolveProjects(app.dataSource.manager, body.ids as ProjectId[]) }),
  );

  app.get(
    '/internal/projects',
    {
      schema: {
        operationId: 'listProjectReferences',
        summary: 'All projects in the order of their ids',
        tags: ['internal'],
        querystring: ListReferencesQuery,
        response: { 200: ResolveReply(PublicProject) },
      },
    },
    async ({ query: { after, limit } }) => ({
      items: await projectsAfter(app.dataSource.manager, (after ?? null) as ProjectId | null, limit),
    }),
  );
}
