import { query, type SweepBatch } from '@hivesync/database';
import { forgetInvitingAnswers } from './claim.repository.ts';

/**
 * What the deletion of a person does to `team_invitations.user_id`. An invitation knows their address, so the answers
 * with it go first: one may have been kept after identity had the others forgotten, while the account still was there.
 */
export const sweepInvitations: SweepBatch = async (tx, userId, limit): Promise<Record<string, number>> => {
  // Waits for whoever is just inviting them once more; the next statement sees the answer.
  const held = await query<{ id: string; email: string }>(
    tx,
    `select id, email
       from team_invitations
      where user_id = $1
      limit $2
        for update`,
    [userId, limit],
  );
  if (held.length === 0) return {};
  const emails = [...new Set(held.map(({ email }) => email))];
  const answers = await forgetInvitingAnswers(tx, emails, limit);
  if (answers > 0) return { idempotency_keys: answers };
  await query(tx, 'delete from team_invitations where id = any($1::uuid[])', [held.map(({ id }) => id)]);
  return { 'team_invitations.user_id': held.length };
};
