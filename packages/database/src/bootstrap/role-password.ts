import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/** The password of a role: HMAC-SHA256 of its name under the secret, in base64url (43 characters). */
export function rolePassword(secret: string, role: string): string {
  return createHmac('sha256', secret).update(role).digest('base64url');
}

/** The URL with user and password of a role in place of those it has. */
export function roleUrl(baseUrl: string, role: string, secret: string): string {
  const url = new URL(baseUrl);
  url.username = role;
  url.password = rolePassword(secret, role);
  return url.href;
}

/** The URL with another database in place of the one it names. */
export function databaseUrl(baseUrl: string, database: string): string {
  const url = new URL(baseUrl);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}

/**
 * The verifier that PostgreSQL stores for a password (RFC 5803), so that the password itself is never sent and
 * cannot turn up in the server's log. The salt comes from the secret as well: the same verifier each time.
 */
export function scramVerifier(secret: string, role: string): string {
  const iterations = 4096;
  const salt = createHmac('sha256', secret).update(`salt of ${role}`).digest().subarray(0, 16);
  const salted = pbkdf2Sync(rolePassword(secret, role), salt, iterations, 32, 'sha256');
  const key = (name: string) => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(key('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${key('Server Key').toString('base64')}`;
}
