import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import type { ServiceName } from '@hivesync/contracts';
import type { Platform } from './platform.ts';

/** Seconds by which the caller's clock is off, and whether its token may still be taken: the tolerance is 5 s. */
const skews = [
  { seconds: -3_600, taken: false },
  { seconds: -70, taken: false },
  { seconds: -61, taken: true },
  { seconds: -30, taken: true },
  { seconds: 3, taken: true },
  { seconds: 3_600, taken: false },
];

const lifetimeSeconds = 60;

/** Answers 400 to whoever is let in, and so reads nothing in the caller's name. */
const refusedByItsQuery = '/internal/events?limit=0';

/**
 * Calls a service with tokens of a caller whose clock is off. Answers what went otherwise than it should; nothing
 * where the service, or the caller's keys, cannot be had at the moment.
 */
export async function trySkewedTokens(
  platform: Platform,
  service: ServiceName,
  caller: ServiceName,
): Promise<string[]> {
  const findings: string[] = [];
  for (const { seconds, taken } of skews) {
    const token = await tokenOf(platform, caller, service, seconds);
    if (token === null) return findings;
    const begun = Date.now();
    const status = await statusOf(`${platform.services[service].url}${refusedByItsQuery}`, token);
    // Who has stood still meanwhile rightly finds other tokens too old.
    if (status === null || status === 503 || Date.now() - begun > 2_000) continue;
    if (status !== (taken ? 400 : 401)) {
      findings.push(`${service} answered ${status} to ${caller} with its clock off by ${seconds} s`);
    }
  }
  return findings;
}

async function tokenOf(
  platform: Platform,
  caller: ServiceName,
  audience: ServiceName,
  skewSeconds: number,
): Promise<string | null> {
  const kid = await keyIdOf(platform.services[caller].url);
  if (kid === null) return null;
  const key = createPrivateKey({
    key: Buffer.from(platform.serviceKeys[caller], 'base64'),
    format: 'der',
    type: 'pkcs8',
  });
  const now = Math.floor(Date.now() / 1_000) + skewSeconds;
  const signed = [
    { alg: 'EdDSA', kid, typ: 'service+jwt' },
    {
      iss: `hivesync/${caller}`,
      sub: caller,
      aud: `hivesync/${audience}`,
      jti: randomUUID(),
      iat: now,
      exp: now + lifetimeSeconds,
    },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`;
}

async function keyIdOf(url: string): Promise<string | null> {
  try {
    const response = await fetch(`${url}/.well-known/service-jwks.json`, {
      signal: AbortSignal.timeout(2_000),
    });
    const { keys } = (await response.json()) as { keys: { kid: string }[] };
    return keys[0]?.kid ?? null;
  } catch {
    // Down at the moment, as it may be here.
    return null;
  }
}

async function statusOf(url: string, token: string): Promise<number | null> {
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(5_000),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    // Down at the moment, as it may be here.
    return null;
  }
}
