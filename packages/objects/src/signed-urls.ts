import { createHmac, timingSafeEqual } from 'node:crypto';
import { ApiError } from '@hivesync/contracts';
import type { ObjectKey } from './object-key.ts';

/** What a signed URL allows, and no more: who holds it needs no account. */
export type ObjectGrant =
  | { method: 'PUT'; key: ObjectKey; sizeBytes: number }
  | { method: 'GET'; key: ObjectKey; fileName: string };

export interface SignedPath {
  /** Path and query, below `/api/v1/objects/`. */
  path: string;
  expiresAt: Date;
}

/** Milliseconds for which a URL is good. */
const lifetimeMs = { PUT: 15 * 60_000, GET: 5 * 60_000 } as const;

/** Path of an object at the gateway, without what signs it. */
export const objectPath = (key: ObjectKey): string => `/api/v1/objects/${key}`;

/** Signs URLs of objects with HMAC-SHA256 and verifies them: uploads are good for 15 minutes, downloads for 5. */
export class SignedUrls {
  readonly #secret: string;

  /** @param secret the same in all replicas */
  constructor(secret: string) {
    this.#secret = secret;
  }

  sign(grant: ObjectGrant, now = Date.now()): SignedPath {
    const expires = Math.floor((now + lifetimeMs[grant.method]) / 1_000);
    const query = new URLSearchParams({ expires: String(expires) });
    if (grant.method === 'PUT') query.set('size', String(grant.sizeBytes));
    else query.set('name', grant.fileName);
    query.set('signature', this.#mac(grant, expires));
    return { path: `${objectPath(grant.key)}?${query}`, expiresAt: new Date(expires * 1_000) };
  }

  /**
   * Lets pass what was signed just so and is still good.
   * @param claimed what the URL says of itself
   * @param expires seconds since 1970, as the URL says
   * @throws ApiError SIGNED_URL_INVALID, SIGNED_URL_EXPIRED
   */
  verify(claimed: ObjectGrant, expires: number, signature: string, now = Date.now()): void {
    const given = Buffer.from(signature);
    const due = Buffer.from(this.#mac(claimed, expires));
    // Whether it has expired is told only of what we signed.
    if (given.length !== due.length || !timingSafeEqual(given, due)) throw new ApiError('SIGNED_URL_INVALID');
    if (expires * 1_000 <= now) throw new ApiError('SIGNED_URL_EXPIRED');
  }

  #mac(grant: ObjectGrant, expires: number): string {
    const detail = grant.method === 'PUT' ? grant.sizeBytes : grant.fileName;
    return createHmac('sha256', this.#secret)
      .update(JSON.stringify([grant.method, grant.key, expires, detail]))
      .digest('hex');
  }
}
