import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { SessionId } from '@hivesync/contracts';

const prefix = 'hsr_';
const sessionBytes = 16;
const generationBytes = 4;
const secretBytes = 32;
const signedBytes = sessionBytes + generationBytes + secretBytes;
const tagBytes = 16;

/** What a token of ours tells of itself. */
export interface TokenName {
  sessionId: SessionId;
  /** 1 for the token of the login; a child has its parent's and 1. */
  generation: number;
}

/**
 * Refresh tokens: `hsr_` and, in base64url, the session's id, the token's generation, 256 secret bits and a tag over these.
 * Only their hashes are kept: no salt or slowness is needed for what cannot be guessed.
 *
 * The first of a session is random, each other one is derived from its parent with a key of the server. So a token has
 * one child, whoever asks for it how often and on whichever replica, and nobody without the key can tell it. The tag
 * tells a token of ours that is no longer kept from one that somebody made up; nothing is let in by it.
 */
export class RefreshTokens {
  readonly #key: Buffer;

  /** @param key 32 bytes, the same in all replicas. With another key a repeat gets another child, and old tags are none */
  constructor(key: Buffer) {
    this.#key = key;
  }

  /** The token that a login answers. */
  first(sessionId: SessionId): string {
    return this.#compose({ sessionId, generation: 1 }, randomBytes(secretBytes));
  }

  /** The one token that `parent` buys, and its generation. */
  childOf(parent: string, sessionId: SessionId): { token: string; generation: number } {
    const generation = (this.read(parent)?.generation ?? 0) + 1;
    const token = this.#compose({ sessionId, generation }, this.#mac('child', Buffer.from(parent)));
    return { token, generation };
  }

  /** What the token says of itself; null for a text that is none of ours, and for tokens from before there were tags. */
  read(token: string): TokenName | null {
    if (!token.startsWith(prefix)) return null;
    const bytes = Buffer.from(token.slice(prefix.length), 'base64url');
    if (bytes.length !== signedBytes + tagBytes) return null;
    const signed = bytes.subarray(0, signedBytes);
    if (!timingSafeEqual(bytes.subarray(signedBytes), this.#tag(signed))) return null;
    const id = signed.toString('hex', 0, sessionBytes);
    return {
      sessionId: id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') as SessionId,
      generation: signed.readUInt32BE(sessionBytes),
    };
  }

  #compose({ sessionId, generation }: TokenName, secret: Buffer): string {
    const signed = Buffer.alloc(signedBytes);
    signed.write(sessionId.replaceAll('-', ''), 'hex');
    signed.writeUInt32BE(generation, sessionBytes);
    secret.copy(signed, sessionBytes + generationBytes);
    return prefix + Buffer.concat([signed, this.#tag(signed)]).toString('base64url');
  }

  #tag(signed: Buffer): Buffer {
    return this.#mac('tag', signed).subarray(0, tagBytes);
  }

  #mac(purpose: 'child' | 'tag', text: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(`${purpose}:`).update(text).digest();
  }
}

export function refreshTokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
