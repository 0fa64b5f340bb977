import type { MemberRole, ProjectId, TeamMemberId, UserId } from '@hivesync/contracts';
import { query, type Transaction } from '@hivesync/database';

/** A project through the eyes of one of its members. */
export interface Access {
  project_id: ProjectId;
  project_name: string;
  owner_id: UserId;
  version: number;
  role: MemberRole;
}

/**
 * Memberships that let a person see the project: those of projects which are not deleted. Every query that asks
 * what somebody may see reads this in place of `team_members`, and so none shows what is being removed.
 */
export const visibleMemberships = `(
         select membership.*
         from team_members as membership
         join projects as seen on seen.id = membership.project_id
         where seen.deleted_at is null
       )`;

/** What the person may see of the project; null where that is nothing. */
export async function findAccess(
  tx: Transaction,
  projectId: ProjectId,
  userId: UserId,
): Promise<Access | null> {
  const [access] = await query<Access>(
    tx,
    `select project.id as project_id,
            project.name as project_name,
            project.owner_id,
            project.version,
            case when project.owner_id = member.user_id then 'owner' else 'member' end as role
       from projects as project
       join ${visibleMemberships} as member on member.project_id = project.id
      where project.id = $1
        and member.user_id = $2`,
    [projectId, userId],
  );
  return access ?? null;
}

/** All memberships that anybody sees, in the order of their ids, after one of them or from the first. */
export function membershipsAfter(
  tx: Transaction,
  after: TeamMemberId | null,
  limit: number,
): Promise<{ id: TeamMemberId; project_id: ProjectId; user_id: UserId; role: MemberRole }[]> {
  return query(
    tx,
    `select member.id,
            member.project_id,
            member.user_id,
            case when project.owner_id = member.user_id then 'owner' else 'member' end as role
       from ${visibleMemberships} as member
       join projects as project on project.id = member.project_id
      where $1::uuid is null
         or member.id > $1
      order by member.id
      limit $2`,
    [after, limit],
  );
}

/**
 * Locks the project until the transaction ends, against others who lock it too. Whoever joins, leaves, numbers
 * a task or links two tasks takes it first, and asks about members afterwards: a statement that waited for the
 * lock itself would still see the members of before.
 */
export async function lockProject(tx: Transaction, projectId: ProjectId): Promise<void> {
  await query(
    tx,
    `select id
       from projects
      where id = $1
        for no key update`,
    [projectId],
  );
}

/** Which of the people are members. */
export async function membersAmong(
  tx: Transaction,
  projectId: ProjectId,
  userIds: readonly UserId[],
): Promise<Set<UserId>> {
  if (userIds.length === 0) return new Set();
  const rows = await query<{ user_id: UserId }>(
    tx,
    `select user_id
       from team_members
      where project_id = $1
        and user_id = any($2::uuid[])`,
    [projectId, userIds],
  );
  return new Set(rows.map(({ user_id }) => user_id));
}

/** As {@link membersAmong}, and none of them can leave before the transaction ends. */
export async function holdMembers(
  tx: Transaction,
  projectId: ProjectId,
  userIds: readonly UserId[],
): Promise<Set<UserId>> {
  if (userIds.length === 0) return new Set();
  const rows = await query<{ user_id: UserId }>(
    tx,
    `select user_id
       from team_members
      where project_id = $1
        and user_id = any($2::uuid[])
      order by user_id
        for key share`,
    [projectId, userIds],
  );
  return new Set(rows.map(({ user_id }) => user_id));
}
