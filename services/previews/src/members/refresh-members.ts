import { bodyOf, createClient, fitting, type ProjectsPaths, type ServiceClient } from '@hivesync/clients';
import { IdSchema, MemberRole, type ProjectId, type TeamMemberId, type UserId } from '@hivesync/contracts';
import { newId, transaction } from '@hivesync/database';
import type { App } from '@hivesync/http';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { type Membership, replaceMemberships } from './project-member.repository.ts';

const limit = 1_000;

const Answer = Compile(
  Type.Object({
    items: Type.Array(
      Type.Object({
        id: IdSchema<TeamMemberId>(),
        project_id: IdSchema<ProjectId>(),
        user_id: IdSchema<UserId>(),
        role: MemberRole,
      }),
    ),
  }),
);

/**
 * Brings all memberships to what projects says they are now. Their events tell who came and who left, and not who did not:
 * where projects lost some that were applied here, nothing else would bring these back or take them away.
 * @throws ApiError UPSTREAM_UNAVAILABLE where projects cannot be asked; the signal's reason when that aborts
 */
export async function refreshMembers(app: App, signal: AbortSignal): Promise<void> {
  const pages = membershipsOf(createClient<ProjectsPaths>('projects', app.callService));
  for (let after: TeamMemberId | null = null; ; ) {
    signal.throwIfAborted();
    const memberships = await pages(after);
    const upTo: TeamMemberId | null = memberships.length < limit ? null : memberships.at(-1)!.id;
    const range = { after, upTo };
    await transaction(app.dataSource, (tx) => replaceMemberships(tx, range, memberships));
    if (upTo === null) return;
    after = upTo;
  }
}

const membershipsOf =
  (projects: ServiceClient<ProjectsPaths>) =>
  async (after: TeamMemberId | null): Promise<Membership[]> => {
    const asked = projects({ requestId: newId() }).GET('/internal/members', {
      params: { query: { limit, ...(after !== null && { after }) } },
    });
    const { items } = await fitting('projects', Answer, bodyOf(asked));
    return items.map(({ id, project_id: projectId, user_id: userId, role }) => ({
      id,
      projectId,
      userId,
      role,
    }));
  };
