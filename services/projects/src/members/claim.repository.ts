import type { UserId } from '@hivesync/contracts';
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
