import {
  Closed,
  IdSchema,
  MemberRole,
  type ProjectId,
  type TeamMemberId,
  type UserId,
} from '@hivesync/contracts';
import { type App, ListReferencesQuery } from '@hivesync/http';
import { Type } from 'typebox';
import { membershipsAfter } from './membership.repository.ts';

/** For a service that keeps memberships by our events, and has to begin anew; the app asks for a service token. */
export async function membershipListRoutes(app: App): Promise<void> {
  app.get(
    '/internal/members',
    {
      config: { callers: ['previews'] },
      schema: {
        operationId: 'listMemberships',
        summary: 'All memberships in the order of their ids',
        tags: ['internal'],
        querystring: ListReferencesQuery,
        response: {
          200: Closed({
            items: Type.Array(
              Closed({
                id: IdSchema<TeamMemberId>(),
                project_id: IdSchema<ProjectId>(),
                user_id: IdSchema<UserId>(),
                role: MemberRole,
              }),
            ),
          }),
        },
      },
    },
    async ({ query: { after, limit } }) => ({
      items: await membershipsAfter(app.dataSource.manager, (after ?? null) as TeamMemberId | null, limit),
    }),
  );
}
