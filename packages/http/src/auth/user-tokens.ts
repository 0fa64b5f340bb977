import { ApiError, IdSchema, type SessionId, Tier, type UserId, UserRole } from '@hivesync/contracts';
import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { KeyResolver } from './key-resolver.ts';

/** A person, as identity's signature vouches for them. Tier and role are as old as the token: 15 minutes at most. */
export interface AuthenticatedUser {
  id: UserId;
  sid: SessionId;
  tier: Tier;
  role: UserRole;
  /** When they last showed their password, in seconds since 1970; absent where the token does not tell. */
  authTime?: number;
}

const claims = Compile(
  Type.Object({
    sub: IdSchema<UserId>(),
    sid: IdSchema<SessionId>(),
    tier: Tier,
    role: UserRole,
    auth_time: Type.Optional(Type.Integer()),
  }),
);

/** Seconds by which clocks may differ. */
const clockTolerance = 5;

/**
 * Verifies an access token.
 * @throws ApiError TOKEN_EXPIRED, TOKEN_INVALID, or UPSTREAM_UNAVAILABLE where identity's keys cannot be had.
 */
export async function verifyUserToken(token: string, keys: KeyResolver): Promise<AuthenticatedUser> {
  const payload = await verify(token, keys.user, {
    issuer: 'hivesync/identity',
    audience: 'hivesync',
    // RFC 9068 section 4: what else identity may sign with these keys one day opens nothing.
    typ: 'at+jwt',
  });
  if (!claims.Check(payload)) throw tokenError('TOKEN_INVALID');
  const { sub, sid, tier, role, auth_time: authTime } = payload;
  return { id: sub, sid, tier, role, ...(authTime !== undefined && { authTime }) };
}

/** Seconds for which a password that was shown allows what cannot be taken back. */
export const recentSeconds = 300;

/**
 * Lets only those go on who showed their password at most 5 minutes ago. Tokens that do not tell when are refused.
 * @throws ApiError REAUTHENTICATION_REQUIRED with the challenge of RFC 9470 section 3.
 */
export function assertRecent({ authTime }: AuthenticatedUser): void {
  const age = authTime === undefined ? Number.POSITIVE_INFINITY : Date.now() / 1_000 - authTime;
  if (age <= recentSeconds && age >= -clockTolerance) return;
  throw new ApiError('REAUTHENTICATION_REQUIRED', {
    detail: 'Get an access token at /api/v1/auth/reauthenticate, and send the request again with it.',
    headers: {
      'www-authenticate': `Bearer realm="hivesync", error="insufficient_user_authentication", error_description="A more recent authentication is required", max_age="${recentSeconds}"`,
    },
  });
}

/** EdDSA only, so that neither `none` nor a public key used as an HMAC secret passes. */
export async function verify(
  token: string,
  key: JWTVerifyGetKey,
  expected: { issuer: string; audience: string; typ?: string; maxTokenAge?: number },
): Promise<Record<string, unknown>> {
  try {
    const { payload } = await jwtVerify(token, key, {
      ...expected,
      algorithms: ['EdDSA'],
      requiredClaims: ['exp', 'iss', 'aud'],
      clockTolerance,
    });
    // Issued by a clock that is ahead: it would be good for longer than a token may be.
    if (payload.iat !== undefined && payload.iat > Date.now() / 1_000 + clockTolerance) {
      throw tokenError('TOKEN_INVALID');
    }
    return payload;
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw tokenError(error instanceof errors.JWTExpired ? 'TOKEN_EXPIRED' : 'TOKEN_INVALID');
  }
}

/** The token of `Authorization: Bearer`. @throws ApiError UNAUTHENTICATED where there is none. */
export function bearerToken(authorization: string | undefined): string {
  const [, token] = /^Bearer +([\w~+/.=-]+) *$/i.exec(authorization ?? '') ?? [];
  if (token === undefined) throw tokenError('UNAUTHENTICATED');
  return token;
}

/** A 401 with the challenge of RFC 6750 section 3. */
export function tokenError(code: 'UNAUTHENTICATED' | 'TOKEN_EXPIRED' | 'TOKEN_INVALID'): ApiError {
  const challenge = 'Bearer realm="hivesync"';
  return new ApiError(code, {
    headers: {
      'www-authenticate': code === 'UNAUTHENTICATED' ? challenge : `${challenge}, error="invalid_token"`,
    },
  });
}
