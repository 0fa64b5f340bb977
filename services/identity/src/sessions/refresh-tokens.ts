import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits. Only its hash is kept: no salt or slowness is needed for what cannot be guessed. */
export function newRefreshToken(): { token: string; hash: string } {
  const token = `hsr_${randomBytes(32).toString('base64url')}`;
  return { token, hash: refreshTokenHash(token) };
}

export function refreshTokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
