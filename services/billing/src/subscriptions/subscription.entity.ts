import {
  type SubscriptionId,
  type SubscriptionStatus,
  subscriptionStatuses,
  type Tier,
  tiers,
  type UserId,
} from '@hivesync/contracts';
import { DataClass, References } from '@hivesync/database';
import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  Index,
  PrimaryColumn,
  Unique,
  UpdateDateColumn,
} from 'typeorm';
import { UserRef } from '../references/user-ref.entity.ts';

/**
 * The authoritative record of a person's subscription at the provider.
 *
 * Live (active, past_due, paused) subscriptions are unique per user. A canceled one that still runs until
 * `ends_at` keeps its tier but is outside that index, as a predicate may not look at the clock: whoever
 * re-subscribes meanwhile has both rows, and the live one counts.
 */
@Entity({ name: 'subscriptions' })
@Unique('subscriptions_subscription_id_key', ['subscriptionId'])
@Index('subscriptions_user_id_idx', ['userId'])
@Index('subscriptions_user_id_live_key', ['userId'], {
  unique: true,
  where: `status in ('active', 'past_due', 'paused')`,
})
@Index('subscriptions_status_idx', ['status'])
@Index('subscriptions_renews_at_idx', ['renewsAt'])
@Check('subscriptions_subscription_id_check', 'char_length(subscription_id) between 1 and 200')
@Check('subscriptions_expired_tier_check', `status <> 'expired' or tier = 'free'`)
export class Subscription {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'subscriptions_pkey' })
  id!: SubscriptionId;

  @Column({ type: 'uuid', name: 'user_id' })
  @References(() => UserRef, { onDelete: 'keep' })
  userId!: UserId;

  /** Id at the provider. */
  @Column({ type: 'text', name: 'subscription_id' })
  subscriptionId!: string;

  @Column({ type: 'enum', enumName: 'subscription_status', enum: subscriptionStatuses })
  status!: SubscriptionStatus;

  @Column({ type: 'enum', enumName: 'tier', enum: tiers })
  tier!: Tier;

  @Column({ type: 'timestamptz', name: 'renews_at', nullable: true })
  renewsAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'ends_at', nullable: true })
  endsAt!: Date | null;

  @Column({ type: 'jsonb', name: 'checkout_metadata', nullable: true })
  @DataClass('personal')
  checkoutMetadata!: Record<string, unknown> | null;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
