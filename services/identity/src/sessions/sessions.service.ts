import { type SessionId, sessionEnded, type UserId } from '@hivesync/contracts';
import type { Transaction } from '@hivesync/database';
import { type Origin, publishMany } from '@hivesync/events';
import type { SessionEndReason } from './session.entity.ts';
import { endSessions, type SessionChoice } from './sessions.repository.ts';

/**
 * Ends live sessions of a person, with an event for each; answers which it ended. Their refresh tokens are refused
 * from now on; access tokens already given out run down within 15 minutes.
 */
export async function endSessionsAs(
  tx: Transaction,
  userId: UserId,
  choice: SessionChoice,
  reason: SessionEndReason,
  origin: Origin,
): Promise<SessionId[]> {
  const ended = await endSessions(tx, userId, choice, reason);
  await publishMany(
    tx,
    ended.map((id) => ({
      definition: sessionEnded,
      subject: id,
      version: 0,
      data: { user_id: userId, reason },
      origin,
    })),
  );
  return ended;
}
