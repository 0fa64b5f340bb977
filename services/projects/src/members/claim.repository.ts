import type { InvitationId, ProjectId, UserId } from '@hivesync/contracts';
import { query, type Transaction } from '@hivesync/database';

/** Gives the pending invitations of an address (folded) that was nobody's to its person; how many there were. */
export async function claimInvitations(tx: Transaction, email: string, userId: UserId): Promise<number> {
  const claimed = await query(
    tx,
    `update team_invitations
        set user_id = $2
      where email = $1
        and user_id is null
     returning id`,
    [email, userId],
  );
  return claimed.length;
}

export interface DeliveredInvitation {
  id: InvitationId;
  project_id: ProjectId;
  project_name: string;
}

/**
 * Gives so many of the pending invitations of an address (lower case) to the person whose it has turned out to be.
 * Those to projects that they are a member of already go instead: nobody is asked to come to where they are.
 */
export async function deliverInvitations(
  tx: Transaction,
  email: string,
  userId: UserId,
  limit: number,
): Promise<DeliveredInvitation[]> {
  await query(
    tx,
    `delete from team_invitations as invitation
      where email = $1
        and user_id is null
        and exists (
          select
            from team_members as member
           where member.project_id = invitation.project_id
             and member.user_id = $2
        )`,
    [email, userId],
  );
  return query<DeliveredInvitation>(
    tx,
    `update team_invitations as invitation
        set user_id = $2
       from projects as project
      where project.id = invitation.project_id
        and invitation.id = any(array(
          select waiting.id
            from team_invitations as waiting
            join projects as living on living.id = waiting.project_id
           where waiting.email = $1
             and waiting.user_id is null
             and living.deleted_at is null
           limit $3
             for update of waiting
        ))
     returning invitation.id, invitation.project_id, project.name as project_name`,
    [email, userId, limit],
  );
}

/**
 * Forgets the answers that are kept for whoever invited an address (folded): a repeat is then carried out, and
 * answers the same. As text, since an answer is kept as it was sent. @returns how many, at most `limit`, else all
 */
export async function forgetInvitingAnswers(
  tx: Transaction,
  emails: readonly string[],
  limit: number | null = null,
): Promise<number> {
  const forgotten = await query(
    tx,
    `delete from idempotency_keys
      where ctid = any(array(
        select ctid
          from idempotency_keys
         where exists (select from unnest($1::text[]) as inviting where strpos(response::text, inviting) > 0)
         limit $2
      ))
     returning key`,
    [emails.map((email) => `"email":${JSON.stringify(email)}`), limit],
  );
  return forgotten.length;
}
