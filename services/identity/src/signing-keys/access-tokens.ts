import type { SessionId, Tier, UserId, UserRole } from '@hivesync/contracts';
import { SignJWT } from 'jose';
import type { LoadedKey } from './signing-key.service.ts';

/**
 * How long an access token is good. It is not looked up anywhere when it is used, so an ended session, a new
 * role or a new tier counts everywhere at most this much later.
 */
export const accessTokenSeconds = 15 * 60;

export interface AccessTokenSubject {
  id: UserId;
  sid: SessionId;
  tier: Tier;
  role: UserRole;
  /** When the password was shown. A refresh does not move it. */
  authenticatedAt: Date;
}

/**
 * Signs an access token (EdDSA) that every service verifies by itself against the published keys.
 *
 * @param key taken before any transaction: to load it needs a connection, which those who hold one must not wait for
 */
export async function signAccessToken(
  { kid, privateKey }: LoadedKey,
  subject: AccessTokenSubject,
): Promise<string> {
  return new SignJWT({
    sid: subject.sid,
    tier: subject.tier,
    role: subject.role,
    // Of OpenID Connect Core 1.0, section 2, in whole seconds; down, so that it is never ahead.
    auth_time: Math.floor(subject.authenticatedAt.getTime() / 1_000),
  })
    .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'at+jwt' })
    .setSubject(subject.id)
    .setIssuer('hivesync/identity')
    .setAudience('hivesync')
    .setIssuedAt()
    .setExpirationTime(`${accessTokenSeconds}s`)
    .sign(privateKey);
}
