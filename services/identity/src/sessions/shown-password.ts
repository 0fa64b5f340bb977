import { ApiError, loginFailed, type UserId } from '@hivesync/contracts';
import { newId, type Transaction, transaction } from '@hivesync/database';
import { type Origin, publish } from '@hivesync/events';
import type { Turn } from '../users/passwords.ts';
import type { Credentials } from '../users/user.repository.ts';
import type { SessionContext } from './login.service.ts';
import type { Attempt } from './login-throttle.ts';

/**
 * Looks at a password that somebody shows, wherever that is: counted, throttled, outside of any transaction, and as long for
 * an account that nobody has (`credentials` null) as for a wrong password. The caller takes the attempt back in the
 * transaction of what they allowed.
 *
 * @throws ApiError INVALID_CREDENTIALS, RATE_LIMITED
 */
export async function lookAtPassword(
  { dataSource, throttle }: Pick<SessionContext, 'dataSource' | 'throttle'>,
  turn: Turn,
  shown: { attempt: Attempt; credentials: Credentials | null; password: string; origin: Origin },
): Promise<void> {
  const { attempt, credentials, origin } = shown;
  const wait = await throttle.begin(attempt, (tx, { failures, refused }) =>
    publishFailure(tx, { reason: 'throttled', failures, refused }, credentials, origin),
  );
  if (wait !== null) {
    throw new ApiError('RATE_LIMITED', {
      detail: 'Too many wrong passwords',
      headers: { 'retry-after': String(wait) },
    });
  }
  if (await turn.verify(credentials?.passwordHash ?? null, shown.password)) return;
  await transaction(dataSource, async (tx) => {
    await throttle.fail(tx, attempt);
    await publishFailure(tx, { reason: 'credentials' }, credentials, origin);
  });
  throw new ApiError('INVALID_CREDENTIALS');
}

/** The subject is a random id where nobody has the email: the audit must not tell who has an account. */
async function publishFailure(
  tx: Transaction,
  data: { reason: 'credentials' } | { reason: 'throttled'; failures: number; refused: number },
  credentials: Credentials | null,
  origin: Origin,
): Promise<void> {
  const subject = credentials?.id ?? newId<UserId>();
  await publish(tx, loginFailed, { subject, version: 0, data, origin });
}
