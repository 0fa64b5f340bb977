import { createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import {
  type ServiceName,
  type SessionId,
  serviceNames,
  type Tier,
  type UserId,
  type UserRole,
} from '@hivesync/contracts';
import { newId } from '@hivesync/database';
import type { KeyResolver } from '@hivesync/http';
import { calculateJwkThumbprint, createLocalJWKSet, exportJWK, type JSONWebKeySet, SignJWT } from 'jose';

/** Who a test acts as. */
export interface TestUser {
  id: UserId;
  sid: SessionId;
  tier: Tier;
  role: UserRole;
  /** When they last showed their password, in seconds since 1970; absent: the token does not tell. */
  authTime?: number;
}

/** What makes a token wrong, for tests of refusals. Without any, it is as the platform makes it. */
export interface TokenFlaws {
  issuer?: string;
  audience?: string;
  /** Seconds from now; negative: expired already. */
  expiresIn?: number;
  /** Seconds from now at which it says it was issued; positive: by a clock that is ahead, negative: some time ago. */
  issuedIn?: number;
  /** In place of the platform's: `at+jwt`, of services `service+jwt`. */
  typ?: string;
  /** Signs with a key that nobody publishes. */
  forged?: boolean;
}

/**
 * Keys of identity and of each service, made for one test file, and tokens signed with them. Apps are
 * given `keys`, so they verify every signature for real.
 */
export interface TestTokens {
  keys: KeyResolver;
  /** For `SERVICE_PRIVATE_KEY`: PKCS #8 in base64. */
  privateKey(service: ServiceName): string;
  /** What identity publishes of the keys that it signs access tokens with. */
  userKeySet: JSONWebKeySet;
  userToken(user: TestUser, flaws?: TokenFlaws): Promise<string>;
  serviceToken(from: ServiceName, to: ServiceName, flaws?: TokenFlaws): Promise<string>;
}

/** A person who is nobody else: free, and no administrator, unless told. */
export function testUser(traits: Partial<TestUser> = {}): TestUser {
  return { id: newId<UserId>(), sid: newId<SessionId>(), tier: 'free', role: 'user', ...traits };
}

interface Signer {
  kid: string;
  privateKey: KeyObject;
  keySet: JSONWebKeySet;
}

async function newSigner(): Promise<Signer> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const jwk = await exportJWK(createPublicKey(privateKey));
  // As an app names the key that it is given, so that services which share these tokens can call each other.
  const kid = await calculateJwkThumbprint(jwk);
  return { kid, privateKey, keySet: { keys: [{ ...jwk, kid, alg: 'EdDSA', use: 'sig' }] } };
}

async function sign(
  signer: Signer,
  typ: string,
  claims: Record<string, unknown>,
  subject: string,
  named: Required<Omit<TokenFlaws, 'forged' | 'issuedIn' | 'typ'>> & Pick<TokenFlaws, 'issuedIn'>,
  forged = false,
): Promise<string> {
  const key = forged ? generateKeyPairSync('ed25519').privateKey : signer.privateKey;
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', kid: signer.kid, typ })
    .setIssuer(named.issuer)
    .setSubject(subject)
    .setAudience(named.audience)
    .setJti(randomUUID())
    .setIssuedAt(now + (named.issuedIn ?? Math.min(0, named.expiresIn)))
    .setExpirationTime(now + named.expiresIn)
    .sign(key);
}

export async function testTokens(): Promise<TestTokens> {
  const people = await newSigner();
  const signers = new Map<ServiceName, Signer>();
  for (const service of serviceNames) signers.set(service, await newSigner());
  const signerOf = (service: ServiceName): Signer => {
    const signer = signers.get(service);
    if (!signer) throw new Error(`there is no service ${service}`);
    return signer;
  };
  return {
    keys: {
      user: createLocalJWKSet(people.keySet),
      service: (issuer) => createLocalJWKSet(signerOf(issuer).keySet),
    },
    privateKey: (service) =>
      signerOf(service).privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    userKeySet: people.keySet,
    userToken: ({ id, sid, tier, role, authTime }, { forged, typ = 'at+jwt', ...flaws } = {}) => {
      const named = {
        issuer: 'hivesync/identity',
        audience: 'hivesync',
        expiresIn: 900,
        ...flaws,
      };
      const claims = { sid, tier, role, ...(authTime !== undefined && { auth_time: authTime }) };
      return sign(people, typ, claims, id, named, forged);
    },
    serviceToken: (from, to, { forged, typ = 'service+jwt', ...flaws } = {}) => {
      const named = {
        issuer: `hivesync/${from}`,
        audience: `hivesync/${to}`,
        expiresIn: 60,
        ...flaws,
      };
      return sign(signerOf(from), typ, {}, from, named, forged);
    },
  };
}
