import { unavailable } from '@hivesync/clients';
import { type ServiceName, serviceNames } from '@hivesync/contracts';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  type RemoteJWKSet,
} from 'jose';

/** Where the public keys come from that tokens are verified with. */
export interface KeyResolver {
  /** Identity's keys: for access tokens of people. */
  user: JWTVerifyGetKey;
  /** One service's keys, for its service tokens; undefined for a service that is not known here. */
  service(issuer: ServiceName): JWTVerifyGetKey | undefined;
}

export interface KeyCaching {
  /** Milliseconds for one fetch. Default 2,000. */
  deadlineMs?: number;
  /** Milliseconds after a fetch before an unknown `kid` causes another. Default 5,000. */
  cooldownMs?: number;
  /** Milliseconds after which keys are fetched again, in the background. Default 5 minutes. */
  refreshAfterMs?: number;
  /** Milliseconds for which known keys are trusted while they cannot be fetched again. Default 1 hour. */
  trustForMs?: number;
}

/** Keys by URL: identity's at `/.well-known/jwks.json`, each service's own at `/.well-known/service-jwks.json`. */
export function remoteKeys(
  serviceUrls: Readonly<Record<string, string>>,
  caching: KeyCaching = {},
): KeyResolver {
  const at = (name: string, path: string): JWTVerifyGetKey | undefined => {
    const base = serviceUrls[name];
    return base === undefined ? undefined : remoteKeySet(name, new URL(path, base), caching);
  };
  const services = new Map(serviceNames.map((name) => [name, at(name, '/.well-known/service-jwks.json')]));
  return {
    user:
      at('identity', '/.well-known/jwks.json') ??
      (async () => {
        throw unavailable('identity', 'SERVICE_URLS does not name identity');
      }),
    service: (issuer) => services.get(issuer),
  };
}

/**
 * Keys that are at hand: `load` is asked again for a `kid` that is not among those known, at most once in
 * `cooldownMs`, and every `refreshAfterMs`. Identity verifies with its own keys by it, tests with theirs.
 */
export function localKeySet(load: () => Promise<JSONWebKeySet>, caching: KeyCaching = {}): JWTVerifyGetKey {
  const { cooldownMs = 1_000, refreshAfterMs = 60_000 } = caching;
  let loaded: { keys: JWTVerifyGetKey; at: number } | undefined;
  const reload = async () => {
    loaded = { keys: createLocalJWKSet(await load()), at: Date.now() };
    return loaded;
  };
  return async (header, token) => {
    const known = loaded && Date.now() - loaded.at < refreshAfterMs ? loaded : await reload();
    try {
      return await known.keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || Date.now() - known.at < cooldownMs) throw error;
      return (await reload()).keys(header, token);
    }
  };
}

/**
 * jose refetches for an unknown `kid`; age is looked after here, because a key that was fetched an hour ago is
 * better than none while its owner restarts.
 */
function remoteKeySet(owner: string, url: URL, caching: KeyCaching): JWTVerifyGetKey {
  const { refreshAfterMs = 300_000, trustForMs = 3_600_000 } = caching;
  const keys = createRemoteJWKSet(url, {
    timeoutDuration: caching.deadlineMs ?? 2_000,
    cooldownDuration: caching.cooldownMs ?? 5_000,
    cacheMaxAge: Number.POSITIVE_INFINITY,
  });
  let fetchedAt = 0;
  let triedAt = 0;
  const refresh = async () => {
    triedAt = Date.now();
    await keys.reload();
    fetchedAt = Date.now();
  };
  return async (header, token) => {
    try {
      const age = Date.now() - fetchedAt;
      if (!keys.jwks() || age > trustForMs) await refresh();
      else if (age > refreshAfterMs && Date.now() - triedAt > 10_000) inBackground(refresh);
      return await find(keys, header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
        throw error;
      throw unavailable(owner, error);
    }
  };
}

const find = (keys: RemoteJWKSet, ...[header, token]: Parameters<JWTVerifyGetKey>) => keys(header, token);

/** A failure shows when the keys become too old to be trusted; until then those known are good. */
function inBackground(refresh: () => Promise<void>): void {
  refresh().catch(() => undefined);
}
