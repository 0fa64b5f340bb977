import { type LimitKey, type Tier, tiers } from '@hivesync/contracts';
import { Check, Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

/** What one tier may use of one thing. Changed by an administrator, without a deploy. */
@Entity({ name: 'tier_limits' })
@Check('tier_limits_limit_key_check', `limit_key ~ '^[a-z][a-z0-9_]{0,62}$'`)
@Check('tier_limits_value_check', 'value >= 0')
export class TierLimit {
  @PrimaryColumn({
    type: 'enum',
    enumName: 'tier',
    enum: tiers,
    primaryKeyConstraintName: 'tier_limits_pkey',
  })
  tier!: Tier;

  @PrimaryColumn({ type: 'text', name: 'limit_key', primaryKeyConstraintName: 'tier_limits_pkey' })
  limitKey!: LimitKey;

  /** Bytes, items or requests, as the key says; at most 2147483647. */
  @Column({ type: 'integer' })
  value!: number;

  @Column({ type: 'integer', default: 1 })
  version!: number;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
