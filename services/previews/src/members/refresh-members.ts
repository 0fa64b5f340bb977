import { type CallService, fitting } from '@hivesync/clients';
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
export async function refreshMembers({ callService, dataSource }: App, signal: AbortSignal): Promise<void> {
  for (let after: TeamMemberId | null = null; ; ) {
    signal.throwIfAborted();
    const memberships = await membershipsAfter(callService, after);
    const upTo: TeamMemberId | null = memberships.length < limit ? null : memberships.at(-1)!.id;
    const range = { after, upTo };
    await transaction(dataSource, (tx) => replaceMemberships(tx, range, memberships));
    if (upTo === null) return;
    after = upTo;
  }
}

async function membershipsAfter(callService: CallService, after: TeamMemberId | null): Promise<Membership[]> {
  const query = new URLSearchParams({ limit: String(limit), ...(after !== null && { after }) });
  const asked = { requestId: newId(), repeatable: true };
  const answer = await callService('projects', `/internal/members?${query}`, asked);
  const { items } = await fitting('projects', Answer, answer.json());
  return items.map(({ id, project_id: projectId, user_id: userId, role }) => ({
    id,
    projectId,
    userId,
    role,
  }));
}
