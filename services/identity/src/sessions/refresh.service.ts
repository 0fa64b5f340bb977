import { ApiError, refreshTokenReused } from '@hivesync/contracts';
import { type Transaction, transaction } from '@hivesync/database';
import { type Origin, publish } from '@hivesync/events';
import { notifyOfIncident } from '../notifications/notify.ts';
import { signAccessToken } from '../signing-keys/access-tokens.ts';
import type { LoadedKey } from '../signing-keys/signing-key.service.ts';
import { findUser, type UserRecord } from '../users/user.repository.ts';
import type { SessionContext, TokenPair } from './login.service.ts';
import {
  insertRefreshToken,
  lockPresentedToken,
  markUsed,
  type PresentedToken,
} from './refresh-token.repository.ts';
import { newRefreshToken, refreshTokenHash } from './refresh-tokens.ts';
import { touchSession } from './session.repository.ts';
import { endSessionsAs } from './session.service.ts';

/** A client that sends one token twice at once, or again after a lost answer, is not a thief. */
const graceSeconds = 10;

type Verdict = 'accepted' | 'invalid' | 'reused';

/**
 * Trades a refresh token for the next pair (RFC 9700, section 4.14.2: rotation). A token that was used before is
 * accepted again within 10 seconds, or while none that was got for it has been used; any other reuse means that
 * two parties hold the family, and ends the session for both.
 *
 * @throws ApiError REFRESH_TOKEN_INVALID, REFRESH_TOKEN_REUSED
 */
export async function refreshSession(
  context: SessionContext,
  token: string,
  origin: Origin,
): Promise<TokenPair> {
  const key = await context.keys.active();
  const outcome = await transaction(context.dataSource, async (tx) => {
    const presented = await lockPresentedToken(tx, refreshTokenHash(token), graceSeconds);
    const user = presented && (await findUser(tx, presented.userId));
    if (!presented || !user) return 'invalid';
    const verdict = judge(presented);
    if (verdict === 'accepted') return rotate(tx, context, key, presented, user);
    // The session must stay ended although the caller is refused, so the refusal is thrown after the commit.
    if (verdict === 'reused') await endReused(tx, presented, origin);
    return verdict;
  });
  if (outcome === 'invalid') throw new ApiError('REFRESH_TOKEN_INVALID');
  if (outcome === 'reused') throw new ApiError('REFRESH_TOKEN_REUSED');
  return outcome;
}

function judge(token: PresentedToken): Verdict {
  if (token.sessionEnded || token.expired) return 'invalid';
  if (!token.used || token.usedJustNow || !token.childUsed) return 'accepted';
  return 'reused';
}

async function rotate(
  tx: Transaction,
  context: SessionContext,
  key: LoadedKey,
  presented: PresentedToken,
  user: UserRecord,
): Promise<TokenPair> {
  const { sessionId, userId } = presented;
  const next = newRefreshToken();
  await markUsed(tx, presented.id);
  await insertRefreshToken(tx, {
    userId,
    sessionId,
    parentId: presented.id,
    hash: next.hash,
    lifetimeDays: context.refreshTokenDays,
  });
  await touchSession(tx, sessionId);
  const accessToken = await signAccessToken(key, {
    ...user,
    sid: sessionId,
    // Of the login: a later re-authentication is in the one token that it bought, so no refresh token is worth more for it.
    authenticatedAt: presented.startedAt,
  });
  return { sessionId, suspicious: false, user, accessToken, refreshToken: next.token };
}

async function endReused(tx: Transaction, token: PresentedToken, origin: Origin): Promise<void> {
  const { sessionId, userId } = token;
  await publish(tx, refreshTokenReused, {
    subject: sessionId,
    version: 0,
    data: { user_id: userId },
    origin,
  });
  await endSessionsAs(tx, userId, { only: sessionId }, 'token_reuse', origin);
  await notifyOfIncident(tx, userId, 'refresh_token_reused', sessionId);
}
