import type { UserId } from '@hivesync/contracts';
import { query, type Transaction } from '@hivesync/database';

/** Gives the pending invitations of an address (lower case) that was nobody's to its person; how many there were. */
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
 * Forgets the answers that are kept for whoever invited the address: a repeat is then carried out, and answers the same.
 * As text, since an answer is kept as it was sent.
 */
export async function forgetInvitingAnswers(tx: Transaction, email: string): Promise<void> {
  await query(tx, 'delete from idempotency_keys where strpos(response::text, $1) > 0', [
    `"email":${JSON.stringify(email)}`,
  ]);
}
