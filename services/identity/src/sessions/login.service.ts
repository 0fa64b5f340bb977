import { ApiError, loginFailed, type SessionId, sessionStarted, type UserId } from '@hivesync/contracts';
import { type DataSource, newId, type Transaction, transaction } from '@hivesync/database';
import { type Origin, publish } from '@hivesync/events';
import { notifyOfIncident } from '../notifications/notify.ts';
import { signAccessToken } from '../signing-keys/access-tokens.ts';
import type { LoadedKey, SigningKeys } from '../signing-keys/signing-key.service.ts';
import { hashPassword, needsRehash, verifyPassword } from '../users/passwords.ts';
import {
  type Credentials,
  findCredentials,
  findUser,
  replacePasswordHash,
  type UserRecord,
} from '../users/user.repository.ts';
import type { Device } from './devices.ts';
import type { Attempt, LoginThrottle } from './login-throttle.ts';
import { insertRefreshToken } from './refresh-token.repository.ts';
import { newRefreshToken } from './refresh-tokens.ts';
import { insertSession, meetDevice, priorLogins } from './session.repository.ts';

export interface LoginRequest {
  email: string;
  password: string;
  device: Device;
  /** As `Origin` has it; null where a proxy made one up. */
  address: string | null;
  userAgent: string | null;
  origin: Origin;
}

export interface TokenPair {
  sessionId: SessionId;
  suspicious: boolean;
  user: UserRecord;
  accessToken: string;
  refreshToken: string;
}

export interface SessionContext {
  dataSource: DataSource;
  keys: SigningKeys;
  throttle: LoginThrottle;
  /** A refresh token that is not used for so many days is refused. */
  refreshTokenDays: number;
}

/**
 * Trades email and password for a session. The password is verified outside of any transaction, and an unknown
 * email takes as long as a wrong password.
 *
 * @throws ApiError INVALID_CREDENTIALS, RATE_LIMITED
 */
export async function logIn(context: SessionContext, request: LoginRequest): Promise<TokenPair> {
  const { dataSource, throttle } = context;
  const attempt = throttle.attempt(request.email, request.address);
  const credentials = await findCredentials(dataSource, request.email);

  const wait = await throttle.begin(attempt);
  if (wait !== null) {
    await transaction(dataSource, (tx) => publishFailure(tx, 'throttled', credentials, request.origin));
    throw new ApiError('RATE_LIMITED', {
      detail: 'Too many failed logins',
      headers: { 'retry-after': String(wait) },
    });
  }

  if (!(await verifyPassword(credentials?.passwordHash ?? null, request.password)) || !credentials) {
    await transaction(dataSource, async (tx) => {
      await throttle.fail(tx, attempt);
      await publishFailure(tx, 'credentials', credentials, request.origin);
    });
    throw new ApiError('INVALID_CREDENTIALS');
  }

  const newHash = needsRehash(credentials.passwordHash) ? await hashPassword(request.password) : null;
  const key = await context.keys.active();
  return transaction(dataSource, async (tx) => {
    if (newHash) await replacePasswordHash(tx, credentials.id, credentials.passwordHash, newHash);
    return startSession(tx, context, key, request, credentials.id, attempt);
  });
}

async function startSession(
  tx: Transaction,
  context: SessionContext,
  key: LoadedKey,
  request: LoginRequest,
  userId: UserId,
  attempt: Attempt,
): Promise<TokenPair> {
  const user = await findUser(tx, userId);
  if (!user) throw new ApiError('INVALID_CREDENTIALS'); // deleted since the password was verified
  const prior = await priorLogins(tx, userId, request.address);
  const device = await meetDevice(tx, userId, request.device);
  const afterFailures = await context.throttle.succeed(tx, attempt);
  const suspicious = afterFailures || (prior.any && device.unseen && !prior.fromNetwork);

  const sessionId = newId<SessionId>();
  await insertSession(tx, {
    id: sessionId,
    userId,
    deviceSessionId: device.id,
    ipAddress: request.address,
    userAgent: request.userAgent,
    suspicious,
  });
  const refresh = newRefreshToken();
  await insertRefreshToken(tx, {
    userId,
    sessionId,
    parentId: null,
    hash: refresh.hash,
    lifetimeDays: context.refreshTokenDays,
  });
  await publish(tx, sessionStarted, {
    subject: sessionId,
    version: 0,
    data: { user_id: userId, suspicious },
    origin: { ...request.origin, actorId: userId },
  });
  if (suspicious) await notifyOfIncident(tx, userId, 'suspicious_login', sessionId);

  const accessToken = await signAccessToken(key, {
    ...user,
    sid: sessionId,
    authenticatedAt: new Date(),
  });
  return { sessionId, suspicious, user, accessToken, refreshToken: refresh.token };
}

/** The subject is a random id where nobody has the email: the audit must not tell who has an account. */
export async function publishFailure(
  tx: Transaction,
  reason: 'credentials' | 'throttled',
  credentials: Credentials | null,
  origin: Origin,
): Promise<void> {
  await publish(tx, loginFailed, {
    subject: credentials?.id ?? newId<UserId>(),
    version: 0,
    data: { reason },
    origin,
  });
}
