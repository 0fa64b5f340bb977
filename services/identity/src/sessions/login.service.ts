import { ApiError, type SessionId, sessionStarted, type UserId } from '@hivesync/contracts';
import { type DataSource, newId, type Transaction, transaction } from '@hivesync/database';
import { type Origin, publish } from '@hivesync/events';
import { notifyOfIncident } from '../notifications/notify.ts';
import { signAccessToken } from '../signing-keys/access-tokens.ts';
import type { LoadedKey, SigningKeys } from '../signing-keys/signing-key.service.ts';
import { needsRehash, withTurn } from '../users/passwords.ts';
import { findCredentials, findUser, replacePasswordHash, type UserRecord } from '../users/user.repository.ts';
import type { DeviceTokens } from './device-tokens.ts';
import type { Device } from './devices.ts';
import type { Attempt, LoginThrottle } from './login-throttle.ts';
import { insertRefreshToken, type SessionLifetime } from './refresh-token.repository.ts';
import { type RefreshTokens, refreshTokenHash } from './refresh-tokens.ts';
import { insertSession, meetDevice, priorLogins } from './session.repository.ts';
import { lookAtPassword } from './shown-password.ts';

export interface LoginRequest {
  email: string;
  password: string;
  device: Device;
  /** What an earlier login answered on this device, if the client has kept it. Anything else counts as nothing. */
  deviceToken?: string | undefined;
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

/** What a login answers. */
export interface LoggedInPair extends TokenPair {
  deviceToken: string;
}

export interface SessionContext {
  dataSource: DataSource;
  keys: SigningKeys;
  throttle: LoginThrottle;
  refreshTokens: RefreshTokens;
  deviceTokens: DeviceTokens;
  lifetime: SessionLifetime;
}

/**
 * Trades email and password for a session. The password is verified outside of any transaction, and an unknown
 * email takes as long as a wrong password.
 *
 * @throws ApiError INVALID_CREDENTIALS, RATE_LIMITED, OVERLOADED
 */
export async function logIn(context: SessionContext, request: LoginRequest): Promise<LoggedInPair> {
  const { dataSource, throttle, deviceTokens } = context;
  const { email, password, address, deviceToken, origin } = request;
  const { credentials, known, attempt, newHash } = await withTurn(async (turn) => {
    const credentials = await findCredentials(dataSource, email);
    const known = credentials && deviceToken ? deviceTokens.deviceOf(deviceToken, credentials.id) : null;
    const attempt = throttle.attempt(email, known === null ? { address } : { device: known });
    await lookAtPassword(context, turn, { attempt, credentials, password, origin });
    if (!credentials) throw new ApiError('INVALID_CREDENTIALS');
    const newHash = needsRehash(credentials.passwordHash) ? await turn.hash(password) : null;
    return { credentials, known, attempt, newHash };
  });
  const key = await context.keys.active();
  const pair = await transaction(dataSource, async (tx) => {
    if (newHash) await replacePasswordHash(tx, credentials.id, credentials.passwordHash, newHash);
    return startSession(tx, context, key, request, credentials.id, attempt);
  });
  return { ...pair, deviceToken: deviceTokens.issue(credentials.id, known) };
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
  const refreshToken = context.refreshTokens.first(sessionId);
  await insertRefreshToken(tx, {
    sessionId,
    parentId: null,
    generation: 1,
    hash: refreshTokenHash(refreshToken),
    lifetime: context.lifetime,
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
  return { sessionId, suspicious, user, accessToken, refreshToken };
}
