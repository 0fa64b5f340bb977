import { randomBytes } from 'node:crypto';
import type { SessionId, UserId } from '@hivesync/contracts';
import { newId } from '@hivesync/database';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { signAccessToken } from '../../src/signing-keys/access-tokens.ts';
import { decrypt, encrypt, parseEncryptionKey } from '../../src/signing-keys/key-encryption.ts';
import { SigningKeys } from '../../src/signing-keys/signing-key.service.ts';
import { encryptionKey, startIdentity } from '../support/identity.ts';

const { db, dataSource, events } = await startIdentity();
const replica = (key = encryptionKey) => new SigningKeys(dataSource, key, 90);
const subject = () => ({
  id: newId<UserId>(),
  sid: newId<SessionId>(),
  tier: 'free' as const,
  role: 'user' as const,
  authenticatedAt: new Date(),
});

describe('signing keys', () => {
  beforeEach(() => db.query('delete from identity.signing_keys'));

  test('twenty replicas that start at once agree on one', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => replica().active()));
    expect(new Set(keys.map((key) => key.kid)).size).toBe(1);
    expect(await db.query('select kid from identity.signing_keys')).toEqual([{ kid: keys[0]?.kid }]);
  });

  test('a rotated key still verifies what it signed; another replica takes the new one up', async () => {
    const keys = replica();
    const token = await signAccessToken(await keys.active(), subject());
    const before = await keys.active();
    const kid = await keys.rotate();
    expect(kid).not.toBe(before.kid);
    expect((await keys.active()).kid).toBe(kid);
    expect((await replica().active()).kid).toBe(kid);
    const published = await keys.keySet();
    expect(published.keys.map((key) => key.kid)).toEqual([kid, before.kid]);
    await jwtVerify(token, createLocalJWKSet(published), { issuer: 'hivesync/identity' });
    expect((await events('identity.signing_key.rotated')).at(-1)).toMatchObject({
      subject: kid,
      data: { kid, retired: [before.kid] },
    });
  });

  test('a key retired long enough ago is published no more', async () => {
    const keys = replica();
    const { kid } = await keys.active();
    await keys.rotate();
    await db.query(
      `update identity.signing_keys set retired_at = now() - interval '31 minutes' where kid = $1`,
      [kid],
    );
    expect((await keys.keySet()).keys.map((key) => key.kid)).not.toContain(kid);
  });

  test('one that is too old is replaced by itself', async () => {
    const { kid } = await replica().active();
    await db.query(`update identity.signing_keys set created_at = now() - interval '91 days'`);
    expect((await replica().active()).kid).not.toBe(kid);
  });

  test('the private half is not in the database, nor in what is published', async () => {
    const keys = replica();
    const { privateKey } = await keys.active();
    const seed = privateKey.export({ format: 'jwk' }).d ?? '';
    const [row] = await db.query<{ sealed: Buffer; jwk: string }>(
      'select private_key_encrypted as sealed, public_jwk::text as jwk from identity.signing_keys',
    );
    expect(seed).not.toBe('');
    expect(row?.sealed.includes(Buffer.from(seed, 'base64url'))).toBe(false);
    expect(row?.jwk).not.toContain(seed);
    expect(JSON.stringify(await keys.keySet())).not.toMatch(/"d":/);
  });

  test('with another encryption key the service says what to do, and rotation is a way out', async () => {
    await replica().active();
    const mistaken = replica(randomBytes(32));
    await expect(mistaken.active()).rejects.toThrow(/IDENTITY_KEY_ENCRYPTION_KEY.*signing-key:rotate/);
    const kid = await mistaken.rotate();
    expect((await mistaken.active()).kid).toBe(kid);
  });
});

describe('encryption at rest', () => {
  test('opens with the same key and context alone, and shows tampering', () => {
    const sealed = encrypt(encryptionKey, Buffer.from('secret'), 'a');
    expect(decrypt(encryptionKey, sealed, 'a').toString()).toBe('secret');
    const refused = /unable to authenticate/;
    expect(() => decrypt(encryptionKey, sealed, 'b')).toThrow(refused);
    expect(() => decrypt(randomBytes(32), sealed, 'a')).toThrow(refused);
    sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
    expect(() => decrypt(encryptionKey, sealed, 'a')).toThrow(refused);
  });

  test('wants 32 bytes', () => {
    expect(parseEncryptionKey(randomBytes(32).toString('base64'))).toHaveLength(32);
    expect(() => parseEncryptionKey('c2hvcnQ=')).toThrow(/32 bytes/);
  });
});
