import { ApiError, refreshTokenReused } from '@hivesync/contracts';
import { type Transaction, transaction } from '@hivesync/database';
import { type Origin, publish } from '@hivesync/events';
import { notifyOfIncident } from '../notifications/notify.ts';
import { signAccessToken } from '../signing-keys/access-tokens.ts';
import { findUser } from '../users/user.repository.ts';
import type { SessionContext, TokenPair } from './login.service.ts';
import {
  insertRefreshToken,
  lockPresentedToken,
  type PresentedToken,
  spendToken,
} from './refresh-token.repository.ts';
import { refreshTokenHash } from './refresh-tokens.ts';
import { touchSession } from './session.repository.ts';
import { endSessionsAs } from './session.service.ts';

/** A client that sends one token twice at once, or again after a lost answer, is not a thief. */
const graceSeconds = 10;

/**
 * Trades a refresh token for the next pair (RFC 9700, section 4.14.2: rotation). A token has one child. One that was used
 * before gets that child again within 10 seconds, or while the child is unused; any other reuse means that two parties
 * hold the chain, and ends the session for both. That holds for tokens of any age: those no longer kept are known by
 * their tag.
 *
 * @throws ApiError REFRESH_TOKEN_INVALID, REFRESH_TOKEN_REUSED
 */
export async function refreshSession(
  context: SessionContext,
  token: string,
  origin: Origin,
): Promise<TokenPair> {
  const { refreshTokens, lifetime } = context;
  const key = await context.keys.active();
  const hash = refreshTokenHash(token);
  const outcome = await transaction(context.dataSource, async (tx) => {
    const presented = await lockPresentedToken(tx, hash, refreshTokens.read(token), graceSeconds, lifetime);
    const user = presented && (await findUser(tx, presented.userId));
    if (!presented || !user) return 'invalid';
    // The session must stay ended although the caller is refused, so the refusal is thrown after the commit.
    if (isStolen(presented)) return endReused(tx, presented, origin);
    const refreshToken = await childOf(tx, context, presented, token);
    await touchSession(tx, presented.sessionId);
    const { sessionId, startedAt } = presented;
    // Of the login: a later re-authentication is in the one token that it bought, so no refresh token is worth more for it.
    const claims = { ...user, sid: sessionId, authenticatedAt: startedAt };
    const accessToken = await signAccessToken(key, claims);
    return { sessionId, suspicious: false, user, accessToken, refreshToken };
  });
  if (outcome === 'invalid') throw new ApiError('REFRESH_TOKEN_INVALID');
  if (outcome === 'reused') throw new ApiError('REFRESH_TOKEN_REUSED');
  return outcome;
}

const isStolen = ({ used, usedJustNow, childUsed }: PresentedToken): boolean =>
  used && !usedJustNow && childUsed;

/** Writes the child of a token where it is not there yet. That of a token which is no longer kept was there once. */
async function childOf(
  tx: Transaction,
  { refreshTokens, lifetime }: SessionContext,
  { id, parentId, sessionId, used }: PresentedToken,
  parent: string,
): Promise<string> {
  const { token, generation } = refreshTokens.childOf(parent, sessionId);
  if (id === null) return token;
  const hash = refreshTokenHash(token);
  await insertRefreshToken(tx, { sessionId, parentId: id, generation, hash, lifetime });
  if (!used) await spendToken(tx, { id, parentId, sessionId }, hash);
  return token;
}

async function endReused(
  tx: Transaction,
  { sessionId, userId }: PresentedToken,
  origin: Origin,
): Promise<'reused'> {
  await publish(tx, refreshTokenReused, {
    subject: sessionId,
    version: 0,
    data: { user_id: userId },
    origin,
  });
  await endSessionsAs(tx, userId, { only: sessionId }, 'token_reuse', origin);
  await notifyOfIncident(tx, userId, 'refresh_token_reused', sessionId);
  return 'reused';
}
