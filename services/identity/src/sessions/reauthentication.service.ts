import { ApiError, type UserId } from '@hivesync/contracts';
import { transaction } from '@hivesync/database';
import type { Origin } from '@hivesync/events';
import { verifyPassword } from '../users/passwords.ts';
import { findCredentials } from '../users/users.repository.ts';
import { existingUser } from '../users/users.service.ts';
import { publishFailure, type SessionContext } from './login.service.ts';
import type { Attempt } from './login-throttle.ts';

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
