import type { SubscriptionId } from '@hivesync/contracts';
import {
  Check,
  Column,
  CreateDateColumn,
  Entity,
  Index,
  JoinColumn,
  OneToOne,
  PrimaryColumn,
  UpdateDateColumn,
} from 'typeorm';
import { Subscription } from '../subscriptions/subscription.entity.ts';

export const cancellationOutcomes = ['canceled', 'not_found'] as const;
export type CancellationOutcome = (typeof cancellationOutcomes)[number];

/**
 * That a subscription is to be canceled at the provider, and how far that is. Written in the transaction that decides
 * it; the call is made later, with no transaction open, as often as it takes. The row stays as the record.
 */
@Entity({ name: 'subscription_cancellations' })
@Index('subscription_cancellations_due_idx', ['nextAttemptAt'], { where: 'completed_at is null' })
@Check('subscription_cancellations_attempts_check', 'attempts >= 0')
@Check('subscription_cancellations_outcome_check', '(outcome is not null) = (completed_at is not null)')
export class SubscriptionCancellation {
  @PrimaryColumn({
    type: 'uuid',
    name: 'subscription_id',
    primaryKeyConstraintName: 'subscription_cancellations_pkey',
  })
  subscriptionId!: SubscriptionId;

  @OneToOne(() => Subscription)
  @JoinColumn({
    name: 'subscription_id',
    foreignKeyConstraintName: 'subscription_cancellations_subscription_id_fkey',
  })
  subscription!: Subscription;

  /** Calls begun. What a call answers is recorded only while this is as it was when it began. */
  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  /** While a call is under way, when it is given up for lost. */
  @Column({ type: 'timestamptz', name: 'next_attempt_at', default: () => 'now()' })
  nextAttemptAt!: Date;

  @Column({ type: 'text', name: 'last_error', nullable: true })
  lastError!: string | null;

  @Column({
    type: 'enum',
    enumName: 'cancellation_outcome',
    enum: cancellationOutcomes,
    nullable: true,
  })
  outcome!: CancellationOutcome | null;

  @Column({ type: 'timestamptz', name: 'completed_at', nullable: true })
  completedAt!: Date | null;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
