import { ApiError, type SessionId, sessionReauthenticated, type UserId } from '@hivesync/contracts';
import { transaction } from '@hivesync/database';
import { type Origin, publish } from '@hivesync/events';
import { signAccessToken } from '../signing-keys/access-tokens.ts';
import { verifyPassword } from '../users/passwords.ts';
import { findCredentials } from '../users/user.repository.ts';
import { existingUser } from '../users/user.service.ts';
import { publishFailure, type SessionContext } from './login.service.ts';
import type { Attempt } from './login-throttle.ts';
import { isLiveSession } from './session.repository.ts';

/**
 * Has somebody who is logged in show their password again, counted and throttled as a login is.
 * @returns the attempt, for the caller to take back in the transaction of what they allowed
 * @throws ApiError NOT_FOUND, INVALID_CREDENTIALS, RATE_LIMITED
 */
export async function reauthenticate(
  { dataSource, throttle }: SessionContext,
  id: UserId,
  shown: { password: string; address: string | null; origin: Origin },
): Promise<Attempt> {
  const { email } = await existingUser(dataSource, id);
  const credentials = await findCredentials(dataSource, email);
  const attempt = throttle.attempt(email, shown.address);
  const wait = await throttle.begin(attempt);
  if (wait !== null) {
    await transaction(dataSource, (tx) => publishFailure(tx, 'throttled', credentials, shown.origin));
    throw new ApiError('RATE_LIMITED', {
      detail: 'Too many wrong passwords',
      headers: { 'retry-after': String(wait) },
    });
  }
  if (!(await verifyPassword(credentials?.passwordHash ?? null, shown.password))) {
    await transaction(dataSource, async (tx) => {
      await throttle.fail(tx, attempt);
      await publishFailure(tx, 'credentials', credentials, shown.origin);
    });
    throw new ApiError('INVALID_CREDENTIALS');
  }
  return attempt;
}

/**
 * Trades the password, shown again, for an access token that says so (`auth_time`), which is what destructive
 * actions ask for. Nothing is kept of it: it holds for that token alone, and neither for others of the session nor
 * for what is refreshed later.
 * @throws ApiError TOKEN_INVALID where the session has ended, INVALID_CREDENTIALS, RATE_LIMITED, NOT_FOUND
 */
export async function renewAuthentication(
  context: SessionContext,
  { id, sid }: { id: UserId; sid: SessionId },
  shown: { password: string; address: string | null; origin: Origin },
): Promise<string> {
  const attempt = await reauthenticate(context, id, shown);
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
