import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateProviderEvents1763800003000 implements MigrationInterface {
  name = 'CreateProviderEvents1763800003000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create type provider_event_state as enum ('received', 'applied', 'flagged')`);
    await runner.query(`
      create table provider_events (
        id uuid not null,
        webhook_id text,
        event_name text not null,
        data_type text not null,
        data_id text not null,
        body bytea not null,
        body_sha256 bytea not null,
        state provider_event_state not null default 'received',
        flag text,
        applied_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint provider_events_pkey primary key (id),
        constraint provider_events_body_sha256_key unique (body_sha256),
        constraint provider_events_body_sha256_check check (octet_length(body_sha256) = 32),
        constraint provider_events_applied_at_check check ((applied_at is not null) = (state = 'applied')),
        constraint provider_events_flag_check check ((flag is not null) = (state = 'flagged'))
      )`);
    await runner.query(`
      create unique index provider_events_webhook_id_event_name_data_id_key
      on provider_events (webhook_id, event_name, data_id)
      where webhook_id is not null`);
    await runner.query(`
      create index provider_events_received_idx
      on provider_events (created_at)
      where state = 'received'`);
    await runner.query(sql.touchUpdatedAt('provider_events'));
    for (const comment of sql.comments(
      'provider_events',
      'Inbox of the payment provider’s webhooks: each signed body, stored before it is acted on, so that none is lost or applied twice.',
      {
        id: 'UUIDv7, made by the service.',
        webhook_id: 'Id of the webhook at the provider. With event_name and data_id it tells a repeat.',
        event_name: 'What happened, in the provider’s words.',
        data_type: 'What kind of object it happened to, in the provider’s words.',
        data_id: 'Id of that object at the provider.',
        body: 'As received, byte for byte: its signature can be checked again. Holds names and emails of customers.',
        body_sha256: 'SHA-256 of the body: the same bytes are stored once.',
        state: 'received, then applied, or flagged for a person to look at.',
        flag: 'Why it could not be applied.',
        applied_at: 'When its effect was committed.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table provider_events`);
    await runner.query(`drop type provider_event_state`);
  }
}
