import { ApiError, type SessionId, sessionReauthenticated, type UserId } from '@hivesync/contracts';
import { transaction } from '@hivesync/database';
import { type Origin, publish } from '@hivesync/events';
import { signAccessToken } from '../signing-keys/access-tokens.ts';
import { withTurn } from '../users/passwords.ts';
import { findCredentials } from '../users/user.repository.ts';
import { existingUser } from '../users/user.service.ts';
import type { SessionContext } from './login.service.ts';
import type { Attempt } from './login-throttle.ts';
import { isLiveSession } from './session.repository.ts';
import { lookAtPassword } from './shown-password.ts';

/**
 * Has somebody who is logged in show their password again, counted and throttled as a login is, but apart from those and
 * for their session alone.
 * @returns the attempt, for the caller to take back in the transaction of what they allowed
 * @throws ApiError NOT_FOUND, INVALID_CREDENTIALS, RATE_LIMITED, OVERLOADED
 */
export async function reauthenticate(
  context: SessionContext,
  { id, sid }: { id: UserId; sid: SessionId },
  shown: { password: string; origin: Origin },
): Promise<Attempt> {
  return withTurn(async (turn) => {
    const { email } = await existingUser(context.dataSource, id);
    const credentials = await findCredentials(context.dataSource, email);
    const attempt = context.throttle.attempt(email, { session: sid });
    await lookAtPassword(context, turn, { attempt, credentials, ...shown });
    return attempt;
  });
}

/**
 * Trades the password, shown again, for an access token that says so (`auth_time`), which is what destructive
 * actions ask for. Nothing is kept of it: it holds for that token alone, and neither for others of the session nor
 * for what is refreshed later.
 * @throws ApiError TOKEN_INVALID where the session has ended, INVALID_CREDENTIALS, RATE_LIMITED, OVERLOADED, NOT_FOUND
 */
export async function renewAuthentication(
  context: SessionContext,
  { id, sid }: { id: UserId; sid: SessionId },
  shown: { password: string; origin: Origin },
): Promise<string> {
  const attempt = await reauthenticate(context, { id, sid }, shown);
  const key = await context.keys.active();
  const user = await transaction(context.dataSource, async (tx) => {
    await context.throttle.succeed(tx, attempt);
    if (!(await isLiveSession(tx, id, sid))) return null;
    await publish(tx, sessionReauthenticated, {
      subject: sid,
      version: 0,
      data: { user_id: id },
      origin: shown.origin,
    });
    return existingUser(tx, id);
  });
  if (!user) throw new ApiError('TOKEN_INVALID', { detail: 'The session has ended.' });
  return signAccessToken(key, { ...user, sid, authenticatedAt: new Date() });
}
