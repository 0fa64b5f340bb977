import { DataClass } from '@hivesync/database';
import { Check, Column, CreateDateColumn, Entity, Index, PrimaryColumn, UpdateDateColumn } from 'typeorm';

/** An Ed25519 key that signs, or has signed, access tokens. At most one is not retired. */
@Entity({ name: 'signing_keys' })
@Index('signing_keys_active_key', { synchronize: false })
@Check(
  'signing_keys_public_jwk_check',
  `public_jwk ->> 'kty' = 'OKP' and public_jwk ->> 'crv' = 'Ed25519' and not public_jwk ? 'd'`,
)
export class SigningKey {
  /** RFC 7638 thumbprint of the public key. */
  @PrimaryColumn({ type: 'text' })
  kid!: string;

  @Column({ name: 'public_jwk', type: 'jsonb' })
  publicJwk!: Record<string, unknown>;

  /** AES-256-GCM: 12 bytes nonce, 16 bytes tag, then the PKCS#8 DER, with the kid as associated data. */
  @DataClass('encrypted')
  @Column({ name: 'private_key_encrypted', type: 'bytea' })
  privateKeyEncrypted!: Buffer;

  @Column({ name: 'retired_at', type: 'timestamptz', nullable: true })
  retiredAt!: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}
