import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The Ed25519 keys that sign access tokens. The private half is AES-256-GCM ciphertext. */
export class CreateSigningKeys1763800006000 implements MigrationInterface {
  name = 'CreateSigningKeys1763800006000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table signing_keys (
        kid text not null constraint signing_keys_pkey primary key,
        public_jwk jsonb not null,
        private_key_encrypted bytea not null,
        retired_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint signing_keys_public_jwk_check
          check (public_jwk ->> 'kty' = 'OKP' and public_jwk ->> 'crv' = 'Ed25519' and not public_jwk ? 'd')
      )`);
    // However many replicas start at once, one key signs.
    await runner.query(
      'create unique index signing_keys_active_key on signing_keys ((true)) where retired_at is null',
    );
    await runner.query(sql.touchUpdatedAt('signing_keys'));
    for (const comment of sql.comments(
      'signing_keys',
      'Ed25519 keys that sign access tokens. Rows, so that all replicas sign with one key and keys can be rotated. At most one is not retired.',
      {
        kid: 'Names the key in tokens and in the JWKS: the RFC 7638 thumbprint of its public half.',
        public_jwk: 'The public half, as the JWKS publishes it.',
        private_key_encrypted:
          'AES-256-GCM: 12 bytes nonce, 16 bytes tag, the PKCS#8 DER; the kid is associated data. The key to it is not in the database.',
        retired_at:
          'When it stopped signing; null for the one that signs. It stays published while its tokens may live.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table signing_keys');
  }
}
