import type { MemberRole, ProjectId, TeamMemberId, UserId } from '@hivesync/contracts';
import { type DataSource, meetKnown, query, type Transaction } from '@hivesync/database';
import { ProjectRef } from '../references/project-ref.entity.ts';
import { UserRef } from '../references/user-ref.entity.ts';

export interface Membership {
  id: TeamMemberId;
  projectId: ProjectId;
  userId: UserId;
  role: MemberRole;
}

/** Whether the user is a member of the project, as far as events have told. */
export async function isMember(
  source: DataSource | Transaction,
  projectId: ProjectId,
  userId: UserId,
): Promise<boolean> {
  const rows = await query<{ id: TeamMemberId }>(
    source,
    `select id
     from project_members
     where project_id = $1
       and user_id = $2`,
    [projectId, userId],
  );
  return rows.length > 0;
}

/**
 * Keeps a membership. Its user may not have been met yet, as identity's events come by another feed; and
 * either end may be gone already, in which case there is nothing to keep.
 */
export async function keepMembership(tx: Transaction, membership: Membership): Promise<void> {
  const { id, projectId, userId, role } = membership;
  await meetKnown(tx, ProjectRef, [projectId]);
  await meetKnown(tx, UserRef, [userId]);
  await query(
    tx,
    `insert into project_members (id, project_id, user_id, role)
     select $1, project.id, person.id, $4::member_role
     from project_refs as project
     cross join user_refs as person
     where project.id = $2
       and person.id = $3
       and project.state = 'active'
       and person.state = 'active'
     for share
     on conflict (project_id, user_id)
     do update set id = excluded.id, role = excluded.role`,
    [id, projectId, userId, role],
  );
}

/** Ends a membership, and no later one of the same person. */
export async function endMembership(tx: Transaction, id: TeamMemberId): Promise<void> {
  await query(
    tx,
    `delete from project_members
     where id = $1`,
    [id],
  );
}

/** Brings the memberships after one id and up to another (null: to the last) to what their owner says they are. */
export async function replaceMemberships(
  tx: Transaction,
  range: { after: TeamMemberId | null; upTo: TeamMemberId | null },
  memberships: readonly Membership[],
): Promise<void> {
  await query(
    tx,
    `delete from project_members
     where ($1::uuid is null or id > $1)
       and ($2::uuid is null or id <= $2)
       and id <> all($3::uuid[])`,
    [range.after, range.upTo, memberships.map(({ id }) => id)],
  );
  for (const membership of memberships) await keepMembership(tx, membership);
}
