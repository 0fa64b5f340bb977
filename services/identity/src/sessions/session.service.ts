import { type SessionId, sessionEnded, type UserId } from '@hivesync/contracts';
import { type DataSource, type Transaction, transaction } from '@hivesync/database';
import { type Origin, publishMany } from '@hivesync/events';
import type { SessionLifetime } from './refresh-token.repository.ts';
import type { SessionEndReason } from './session.entity.ts';
import { endExpiredSessions, endSessions, type SessionChoice } from './session.repository.ts';

/**
 * Ends sessions of a person, with an event for each; answers which it ended. Their refresh tokens are refused
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
  const whose = ended.map((id) => ({ id, userId }));
  await publishEnds(tx, whose, reason, origin);
  return ended;
}

const batch = 500;

/** Ends the sessions that cannot be refreshed any more, a batch a transaction, with an event for each; answers how many. */
export async function endForgottenSessions(
  dataSource: DataSource,
  lifetime: SessionLifetime,
): Promise<number> {
  for (let ended = 0; ; ) {
    const sessions = await transaction(dataSource, async (tx) => {
      const expired = await endExpiredSessions(tx, lifetime, batch);
      await publishEnds(tx, expired, 'expired', {});
      return expired;
    });
    ended += sessions.length;
    if (sessions.length < batch) return ended;
  }
}

async function publishEnds(
  tx: Transaction,
  sessions: { id: SessionId; userId: UserId }[],
  reason: SessionEndReason,
  origin: Origin,
): Promise<void> {
  await publishMany(
    tx,
    sessions.map(({ id, userId }) => ({
      definition: sessionEnded,
      subject: id,
      version: 0,
      data: { user_id: userId, reason },
      origin,
    })),
  );
}
