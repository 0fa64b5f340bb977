import type { ProjectId, TaskId, TaskStatus, TeamMemberId, UserId } from '@hivesync/contracts';
import { newId, query, type Transaction } from '@hivesync/database';
import type { Paged, PageRequest } from '@hivesync/http';
import { keysetCondition, keysetOrder, Parameters, type SortKey } from '../keyset.ts';
import { personSql } from '../references/user-ref.repository.ts';
import type { Member, Membership } from './member.schemas.ts';

const joined: SortKey = { sql: 'member.joined_at', type: 'timestamptz' };

/** Members of a project, the longest first. */
export async function listMembers(
  tx: Transaction,
  projectId: ProjectId,
  page: PageRequest,
): Promise<Paged<Member>[]> {
  const parameters = new Parameters();
  return query<Paged<Member>>(
    tx,
    `select member.id,
            ${personSql('person')} as user,
            case when project.owner_id = member.user_id then 'owner' else 'member' end as role,
            member.joined_at,
            ${joined.sql}::text as sort_key
       from team_members as member
       join projects as project on project.id = member.project_id
       join user_refs as person on person.id = member.user_id
      where member.project_id = ${parameters.bind(projectId)}
        and ${keysetCondition(joined, 'member.id', 'asc', page.after, parameters)}
      order by ${keysetOrder(joined, 'member.id', 'asc')}
      limit ${parameters.bind(page.limit + 1)}`,
    parameters.values,
  );
}

export async function countMembers(tx: Transaction, projectId: ProjectId): Promise<number> {
  const [row] = await query<{ total: number }>(
    tx,
    `select count(*)::integer as total
       from team_members
      where project_id = $1`,
    [projectId],
  );
  return row?.total ?? 0;
}

/** Adds a member; null where the person is one already. */
export async function insertMember(
  tx: Transaction,
  projectId: ProjectId,
  userId: UserId,
): Promise<(Omit<Membership, 'role'> & { id: TeamMemberId }) | null> {
  const [member] = await query<Omit<Membership, 'role'> & { id: TeamMemberId }>(
    tx,
    `insert into team_members (id, project_id, user_id)
     values ($1, $2, $3)
     on conflict (project_id, user_id) do nothing
     returning id, project_id, user_id, joined_at`,
    [newId<TeamMemberId>(), projectId, userId],
  );
  return member ?? null;
}

export interface UnassignedTask {
  id: TaskId;
  number: number;
  title: string;
  status: TaskStatus;
  version: number;
}

/**
 * Ends a membership and clears the person from the tasks that were assigned to them. The key between the two
 * tables would clear them too, but without a new version of the task, which its readers go by.
 * @returns the id of the membership (null where there was none) and the tasks that changed.
 */
export async function deleteMember(
  tx: Transaction,
  projectId: ProjectId,
  userId: UserId,
): Promise<{ id: TeamMemberId | null; unassigned: UnassignedTask[] }> {
  // Taken before the tasks: nobody can assign one to this person from here on.
  const [member] = await query<{ id: TeamMemberId }>(
    tx,
    `select id
       from team_members
      where project_id = $1
        and user_id = $2
        for update`,
    [projectId, userId],
  );
  if (!member) return { id: null, unassigned: [] };
  const unassigned = await query<UnassignedTask>(
    tx,
    `update tasks
        set assignee_id = null,
            version = version + 1
      where project_id = $1
        and assignee_id = $2
      returning id, number, title, status, version`,
    [projectId, userId],
  );
  await query(
    tx,
    `delete from team_members
      where id = $1`,
    [member.id],
  );
  return { id: member.id, unassigned };
}
