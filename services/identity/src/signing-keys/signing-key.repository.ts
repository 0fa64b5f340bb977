import { type DataSource, query, type Transaction } from '@hivesync/database';

/** RFC 8037: an Ed25519 public key, as it is published. */
export interface PublicKey {
  kty: 'OKP';
  crv: 'Ed25519';
  x: string;
  kid: string;
  alg: 'EdDSA';
  use: 'sig';
}

export interface ActiveKey {
  kid: string;
  sealed: Buffer;
  createdAt: Date;
}

/** Lets one transaction at a time decide on keys; readers are not held up. */
export async function lockKeys(tx: Transaction): Promise<void> {
  await query(tx, 'lock table signing_keys in share row exclusive mode');
}

export async function findActiveKey(source: Transaction | DataSource): Promise<ActiveKey | null> {
  const rows = await query<ActiveKey>(
    source,
    `select kid, private_key_encrypted as sealed, created_at as "createdAt"
     from signing_keys
     where retired_at is null`,
  );
  return rows[0] ?? null;
}

/** The active key and those retired less than `minutes` ago, whose tokens may still be about; newest first. */
export async function findPublishedKeys(source: DataSource, minutes: number): Promise<PublicKey[]> {
  const rows = await query<{ jwk: PublicKey }>(
    source,
    `select public_jwk as jwk
     from signing_keys
     where retired_at is null
        or retired_at > now() - make_interval(mins => $1)
     order by created_at desc`,
    [minutes],
  );
  return rows.map((row) => row.jwk);
}

/** Retires whichever key is active and answers their kids. */
export async function retireActiveKeys(tx: Transaction): Promise<string[]> {
  const rows = await query<{ kid: string }>(
    tx,
    `update signing_keys
     set retired_at = now()
     where retired_at is null
     returning kid`,
  );
  return rows.map((row) => row.kid);
}

export async function insertKey(
  tx: Transaction,
  key: { kid: string; publicJwk: PublicKey; sealed: Buffer },
): Promise<void> {
  await query(
    tx,
    `insert into signing_keys (kid, public_jwk, private_key_encrypted)
     values ($1, $2::jsonb, $3)`,
    [key.kid, JSON.stringify(key.publicJwk), key.sealed],
  );
}
