import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { UserId } from '@hivesync/contracts';

const prefix = 'hsd_';
const deviceBytes = 16;
const timeBytes = 6;
const signedBytes = deviceBytes + timeBytes;
const tagBytes = 32;
/** Milliseconds. A device that did not log in for a year counts as a stranger's. */
const lifetimeMs = 365 * 86_400_000;

/**
 * What a device that has logged in to an account holds to be told from strangers: `hsd_` and, in base64url, a random id of
 * the device, the time and a tag over both and the account. Nothing is stored. It opens nothing: with it a login has a
 * count of failures of its own. Who has none for an account cannot make one, nor learn one but by logging in.
 */
export class DeviceTokens {
  readonly #key: Buffer;

  /** @param key 32 bytes, the same in all replicas; with another one all devices are strangers' until they log in */
  constructor(key: Buffer) {
    this.#key = key;
  }

  /** @param device as `deviceOf` has it, where the device showed a token; null for one that had none */
  issue(userId: UserId, device: string | null): string {
    const signed = Buffer.alloc(signedBytes);
    (device === null ? randomBytes(deviceBytes) : Buffer.from(device, 'hex')).copy(signed);
    signed.writeUIntBE(Date.now(), deviceBytes, timeBytes);
    return prefix + Buffer.concat([signed, this.#tag(userId, signed)]).toString('base64url');
  }

  /** The id of the device, hex; null where the token is none of ours, is of another account, or too old. */
  deviceOf(token: string, userId: UserId): string | null {
    if (!token.startsWith(prefix)) return null;
    const bytes = Buffer.from(token.slice(prefix.length), 'base64url');
    if (bytes.length !== signedBytes + tagBytes) return null;
    const signed = bytes.subarray(0, signedBytes);
    if (!timingSafeEqual(bytes.subarray(signedBytes), this.#tag(userId, signed))) return null;
    const age = Date.now() - signed.readUIntBE(deviceBytes, timeBytes);
    return age < lifetimeMs ? signed.toString('hex', 0, deviceBytes) : null;
  }

  #tag(userId: UserId, signed: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(userId).update(signed).digest();
  }
}
