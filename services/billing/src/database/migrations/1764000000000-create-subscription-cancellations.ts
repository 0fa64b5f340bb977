import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateSubscriptionCancellations1764000000000 implements MigrationInterface {
  name = 'CreateSubscriptionCancellations1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create type cancellation_outcome as enum ('canceled', 'not_found')`);
    await runner.query(`
      create table subscription_cancellations (
        subscription_id uuid not null,
        attempts integer not null default 0,
        next_attempt_at timestamptz not null default now(),
        last_error text,
        outcome cancellation_outcome,
        completed_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint subscription_cancellations_pkey primary key (subscription_id),
        constraint subscription_cancellations_subscription_id_fkey
          foreign key (subscription_id) references subscriptions (id),
        constraint subscription_cancellations_attempts_check check (attempts >= 0),
        constraint subscription_cancellations_outcome_check
          check ((outcome is not null) = (completed_at is not null))
      )`);
    await runner.query(`
      create index subscription_cancellations_due_idx
      on subscription_cancellations (next_attempt_at)
      where completed_at is null`);
    await runner.query(sql.touchUpdatedAt('subscription_cancellations'));
    // The record that a deletion was carried through to the provider.
    await runner.query(`revoke delete, truncate on subscription_cancellations from billing_app`);
    for (const comment of sql.comments(
      'subscription_cancellations',
      'Subscriptions to be canceled at the payment provider: written in the transaction that decides it, asked for later, kept as the record.',
      {
        subscription_id: 'What is to be canceled: the subscription here, which has its id at the provider.',
        attempts: 'Calls to the provider that were begun.',
        next_attempt_at: 'When it is asked next; while a call is under way, when that is given up for lost.',
        last_error: 'What the last attempt failed with.',
        outcome: 'What the provider said: canceled, or that it has no such subscription.',
        completed_at: 'When the provider acknowledged; null: it has not yet.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table subscription_cancellations`);
    await runner.query(`drop type cancellation_outcome`);
  }
}
