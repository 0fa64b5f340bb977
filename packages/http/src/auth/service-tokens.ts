import { createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import { type ServiceName, serviceNames } from '@hivesync/contracts';
import { calculateJwkThumbprint, decodeJwt, exportJWK, type JSONWebKeySet, SignJWT } from 'jose';
import type { BaseConfig } from '../config/base-config.ts';
import { parsePrivateKey } from '../config/private-key.ts';
import type { KeyResolver } from './key-resolver.ts';
import { tokenError, verify } from './user-tokens.ts';

/** A token for calls of `/internal` of one service. */
export type ServiceTokens = (audience: ServiceName) => Promise<string>;

const typ = 'service+jwt';
const lifetimeSeconds = 60;
/** A token that is handed out is good for this long at least. */
const reserveSeconds = 20;

/** Signs short tokens in a service's name; one is used again until it has 20 s left. */
export function serviceTokenIssuer(service: ServiceName, privateKey: KeyObject): ServiceTokens {
  const kid = keyId(privateKey);
  const signed = new Map<ServiceName, { token: Promise<string>; until: number }>();
  const sign = async (audience: ServiceName) =>
    new SignJWT({})
      .setProtectedHeader({ alg: 'EdDSA', kid: await kid, typ })
      .setIssuer(`hivesync/${service}`)
      .setSubject(service)
      .setAudience(`hivesync/${audience}`)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(`${lifetimeSeconds}s`)
      .sign(privateKey);
  return (audience) => {
    const known = signed.get(audience);
    if (known && known.until > Date.now()) return known.token;
    const token = sign(audience);
    signed.set(audience, { token, until: Date.now() + (lifetimeSeconds - reserveSeconds) * 1_000 });
    return token;
  };
}

/** The issuer of a service by its configuration. */
export function serviceTokens(
  service: ServiceName,
  config: Pick<BaseConfig, 'SERVICE_PRIVATE_KEY'>,
): ServiceTokens {
  return serviceTokenIssuer(service, parsePrivateKey(config.SERVICE_PRIVATE_KEY));
}

/** What a service publishes at `/.well-known/service-jwks.json`. */
export async function serviceKeySet(privateKey: KeyObject): Promise<JSONWebKeySet> {
  const jwk = await exportJWK(createPublicKey(privateKey));
  return { keys: [{ ...jwk, kid: await keyId(privateKey), alg: 'EdDSA', use: 'sig' }] };
}

/** https://www.rfc-editor.org/rfc/rfc7638: follows from the key, so that all replicas agree. */
async function keyId(privateKey: KeyObject): Promise<string> {
  return calculateJwkThumbprint(await exportJWK(createPublicKey(privateKey)));
}

/**
 * Which service calls.
 * @throws ApiError TOKEN_INVALID (a person's token too), TOKEN_EXPIRED, or UPSTREAM_UNAVAILABLE where the
 * caller's keys cannot be had.
 */
export async function verifyServiceToken(
  token: string,
  audience: ServiceName | 'gateway',
  keys: KeyResolver,
): Promise<ServiceName> {
  const issuer = claimedIssuer(token);
  const key = issuer && keys.service(issuer);
  if (!key) throw tokenError('TOKEN_INVALID');
  const payload = await verify(token, key, {
    issuer: `hivesync/${issuer}`,
    audience: `hivesync/${audience}`,
    typ,
    // However late it says it ends: a token that leaked is of no use for long.
    maxTokenAge: 2 * lifetimeSeconds,
  });
  // An access token has the same issuer where identity calls, but names a person.
  if ('sid' in payload) throw tokenError('TOKEN_INVALID');
  return issuer;
}

/** Only says whose keys to verify with. */
function claimedIssuer(token: string): ServiceName | undefined {
  try {
    const { iss } = decodeJwt(token);
    return serviceNames.find((name) => iss === `hivesync/${name}`);
  } catch {
    // Not a token at all: the caller hears TOKEN_INVALID.
    return undefined;
  }
}
