import type { InvitationId, ProjectId, UserId } from '@hivesync/contracts';
import { newId, query, type Transaction } from '@hivesync/database';
import type { Paged, PageRequest } from '@hivesync/http';
import { keysetCondition, keysetOrder, Parameters, type SortKey } from '../keyset.ts';
import { personSql } from '../references/user-ref.repository.ts';
import type { Invitation, ReceivedInvitation } from './member.schemas.ts';

const created: SortKey = { sql: 'invitation.created_at', type: 'timestamptz' };

/**
 * Keeps an invitation of an address (folded) to a project. One that is pending already stays, and learns
 * whose the address is if that was not known.
 * @returns the invitation, and whether this told anything new.
 */
export async function keepInvitation(
  tx: Transaction,
  projectId: ProjectId,
  email: string,
  userId: UserId | null,
  invitedBy: UserId,
): Promise<{ invitation: Invitation; news: boolean }> {
  const columns = 'id, project_id, email, created_at';
  const [kept] = await query<Invitation>(
    tx,
    `insert into team_invitations as invitation (id, project_id, email, user_id, invited_by)
     values ($1, $2, $3, $4, $5)
     on conflict (project_id, email) do update
        set user_id = excluded.user_id
      where invitation.user_id is distinct from excluded.user_id
     returning ${columns}`,
    [newId<InvitationId>(), projectId, email, userId, invitedBy],
  );
  if (kept) return { invitation: kept, news: true };
  const [pending] = await query<Invitation>(
    tx,
    `select ${columns}
       from team_invitations
      where project_id = $1
        and email = $2`,
    [projectId, email],
  );
  return { invitation: pending!, news: false };
}

export async function listProjectInvitations(
  tx: Transaction,
  projectId: ProjectId,
  page: PageRequest,
): Promise<Paged<Invitation>[]> {
  const parameters = new Parameters();
  return query<Paged<Invitation>>(
    tx,
    `select invitation.id,
            invitation.project_id,
            invitation.email,
            invitation.created_at,
            ${created.sql}::text as sort_key
       from team_invitations as invitation
      where invitation.project_id = ${parameters.bind(projectId)}
        and ${keysetCondition(created, 'invitation.id', 'desc', page.after, parameters)}
      order by ${keysetOrder(created, 'invitation.id', 'desc')}
      limit ${parameters.bind(page.limit + 1)}`,
    parameters.values,
  );
}

export async function listReceivedInvitations(
  tx: Transaction,
  userId: UserId,
  page: PageRequest,
): Promise<Paged<ReceivedInvitation>[]> {
  const parameters = new Parameters();
  return query<Paged<ReceivedInvitation>>(
    tx,
    `select invitation.id,
            json_build_object('id', project.id, 'name', project.name) as project,
            ${personSql('inviter')} as invited_by,
            invitation.created_at,
            ${created.sql}::text as sort_key
       from team_invitations as invitation
       join projects as project on project.id = invitation.project_id
       join user_refs as inviter on inviter.id = invitation.invited_by
      where invitation.user_id = ${parameters.bind(userId)}
        and project.deleted_at is null
        and ${keysetCondition(created, 'invitation.id', 'desc', page.after, parameters)}
      order by ${keysetOrder(created, 'invitation.id', 'desc')}
      limit ${parameters.bind(page.limit + 1)}`,
    parameters.values,
  );
}

/** How many invitations are pending, for a project or for a person. */
export async function countInvitations(
  tx: Transaction,
  of: { projectId: ProjectId } | { userId: UserId },
): Promise<number> {
  const [column, id] = 'projectId' in of ? ['project_id', of.projectId] : ['user_id', of.userId];
  const [row] = await query<{ total: number }>(
    tx,
    `select count(*)::integer as total
       from team_invitations as invitation
       join projects as project on project.id = invitation.project_id
      where invitation.${column} = $1
        and project.deleted_at is null`,
    [id],
  );
  return row?.total ?? 0;
}

/** The project that the person is invited to; null where the invitation is not theirs, or not pending. */
export async function findInvitedProject(
  tx: Transaction,
  id: InvitationId,
  userId: UserId,
): Promise<ProjectId | null> {
  const [invitation] = await query<{ project_id: ProjectId }>(
    tx,
    `select invitation.project_id
       from team_invitations as invitation
       join projects as project on project.id = invitation.project_id
      where invitation.id = $1
        and invitation.user_id = $2
        and project.deleted_at is null`,
    [id, userId],
  );
  return invitation?.project_id ?? null;
}

/** Deletes an invitation with its address; false where another answer came first. */
export async function deleteInvitation(tx: Transaction, id: InvitationId): Promise<boolean> {
  const rows = await query<{ id: InvitationId }>(
    tx,
    `delete from team_invitations
      where id = $1
      returning id`,
    [id],
  );
  return rows.length === 1;
}
