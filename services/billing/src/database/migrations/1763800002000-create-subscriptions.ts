import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateSubscriptions1763800002000 implements MigrationInterface {
  name = 'CreateSubscriptions1763800002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(sql.referenceTable('user_refs', ['display_name text']));
    await runner.query(sql.touchUpdatedAt('user_refs'));
    await runner.query(`
      create type subscription_status as enum ('active', 'past_due', 'canceled', 'paused', 'expired')`);
    await runner.query(`
      create table subscriptions (
        id uuid not null,
        user_id uuid not null,
        subscription_id text not null,
        status subscription_status not null,
        tier tier not null,
        renews_at timestamptz,
        ends_at timestamptz,
        checkout_metadata jsonb,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint subscriptions_pkey primary key (id),
        constraint subscriptions_user_id_fkey foreign key (user_id) references user_refs (id),
        constraint subscriptions_subscription_id_key unique (subscription_id),
        constraint subscriptions_subscription_id_check check (char_length(subscription_id) between 1 and 200),
        constraint subscriptions_expired_tier_check check (status <> 'expired' or tier = 'free')
      )`);
    await runner.query(`create index subscriptions_user_id_idx on subscriptions (user_id)`);
    await runner.query(`
      create unique index subscriptions_user_id_live_key
      on subscriptions (user_id)
      where status in ('active', 'past_due', 'paused')`);
    await runner.query(`create index subscriptions_status_idx on subscriptions (status)`);
    await runner.query(`create index subscriptions_renews_at_idx on subscriptions (renews_at)`);
    await runner.query(sql.touchUpdatedAt('subscriptions'));
    await runner.query(sql.requireLiveReference('subscriptions', 'user_id', 'user_refs'));
    // Only what the provider has signed may change a subscription. The handler of its webhooks brings the
    // way to write with its own migration; until then the running service has none.
    await runner.query(`revoke insert, update, delete, truncate on subscriptions from billing_app`);
    for (const comment of sql.referenceTableComments('user_refs', 'identity.user', {
      display_name: 'What the person is called, as identity told.',
    })) {
      await runner.query(comment);
    }
    for (const comment of sql.comments(
      'subscriptions',
      'What each person subscribes to at the payment provider: the record that counts. At most one is live per user.',
      {
        subscription_id: 'Id at the provider.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table subscriptions`);
    await runner.query(`drop type subscription_status`);
    await runner.query(`drop table user_refs`);
  }
}
