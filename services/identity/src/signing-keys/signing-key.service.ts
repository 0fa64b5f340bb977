import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { signingKeyRotated } from '@hivesync/contracts';
import { type DataSource, type Transaction, transaction } from '@hivesync/database';
import { type Origin, publish } from '@hivesync/events';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { decrypt, encrypt } from './key-encryption.ts';
import {
  type ActiveKey,
  findActiveKey,
  findPublishedKeys,
  insertKey,
  lockKeys,
  type PublicKey,
  retireActiveKeys,
} from './signing-key.repository.ts';

/** Every replica signs with a new key at most this long after it was made by another. */
const cacheMilliseconds = 60_000;
/** An access token lives 15 minutes, one may be signed a minute after its key was retired; the rest is slack. */
const publishedAfterRetirementMinutes = 30;

export interface LoadedKey {
  kid: string;
  privateKey: KeyObject;
}

/**
 * The keys that sign access tokens. One is active; it is made at the first start, replaced when it is
 * `rotateAfterDays` old or by command, and stays published until no token of it can be alive.
 */
export class SigningKeys {
  readonly #dataSource: DataSource;
  readonly #encryptionKey: Buffer;
  readonly #rotateAfterDays: number;
  #loaded: { key: Promise<LoadedKey>; until: number } | undefined;

  constructor(dataSource: DataSource, encryptionKey: Buffer, rotateAfterDays: number) {
    this.#dataSource = dataSource;
    this.#encryptionKey = encryptionKey;
    this.#rotateAfterDays = rotateAfterDays;
  }

  /** The key to sign with now. @throws Error where it was encrypted with another IDENTITY_KEY_ENCRYPTION_KEY */
  async active(): Promise<LoadedKey> {
    if (!this.#loaded || this.#loaded.until < Date.now()) {
      const key = this.#load();
      const entry = { key, until: Date.now() + cacheMilliseconds };
      this.#loaded = entry;
      key.catch(() => {
        if (this.#loaded === entry) this.#loaded = undefined;
      });
    }
    return this.#loaded.key;
  }

  /** The JSON Web Key Set (RFC 7517), newest key first. */
  async keySet(): Promise<{ keys: PublicKey[] }> {
    await this.active();
    return { keys: await findPublishedKeys(this.#dataSource, publishedAfterRetirementMinutes) };
  }

  /** Makes a new key and retires the one before. Works also where the old one cannot be decrypted any more. */
  async rotate(origin: Origin = {}): Promise<string> {
    const kid = await transaction(this.#dataSource, async (tx) => {
      await lockKeys(tx);
      return this.#replace(tx, origin);
    });
    this.#loaded = undefined;
    return kid;
  }

  async #load(): Promise<LoadedKey> {
    let found = await findActiveKey(this.#dataSource);
    if (!found || this.#isDue(found)) {
      found = await transaction(this.#dataSource, async (tx) => {
        await lockKeys(tx);
        const present = await findActiveKey(tx); // another replica may have been first
        if (present && !this.#isDue(present)) return present;
        await this.#replace(tx, {});
        return findActiveKey(tx);
      });
    }
    if (!found) throw new Error('There is no active signing key');
    return { kid: found.kid, privateKey: this.#open(found) };
  }

  #isDue(key: ActiveKey): boolean {
    return Date.now() - key.createdAt.getTime() > this.#rotateAfterDays * 86_400_000;
  }

  #open(key: ActiveKey): KeyObject {
    try {
      const der = decrypt(this.#encryptionKey, key.sealed, key.kid);
      return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    } catch (cause) {
      throw new Error(
        `Signing key ${key.kid} does not open with IDENTITY_KEY_ENCRYPTION_KEY. ` +
          'Restore the former value, or make a new key: npm run signing-key:rotate -w @hivesync/identity',
        { cause },
      );
    }
  }

  async #replace(tx: Transaction, origin: Origin): Promise<string> {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const { x = '' } = await exportJWK(publicKey);
    const kid = await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x });
    const sealed = encrypt(this.#encryptionKey, privateKey.export({ format: 'der', type: 'pkcs8' }), kid);
    const retired = await retireActiveKeys(tx);
    const publicJwk: PublicKey = { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' };
    await insertKey(tx, { kid, publicJwk, sealed });
    await publish(tx, signingKeyRotated, { subject: kid, version: 0, data: { kid, retired }, origin });
    return kid;
  }
}
