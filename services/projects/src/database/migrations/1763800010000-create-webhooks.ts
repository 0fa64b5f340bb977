import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where a project's events are sent, and the log of what was sent. Secrets are stored encrypted only. */
export class CreateWebhooks1763800010000 implements MigrationInterface {
  name = 'CreateWebhooks1763800010000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table webhook_endpoints (
        id uuid not null,
        project_id uuid not null,
        url text not null,
        event_types text[] not null,
        is_active boolean not null default true,
        secret_encrypted bytea not null,
        previous_secret_encrypted bytea,
        previous_secret_expires_at timestamptz,
        created_by uuid not null,
        failing_since timestamptz,
        version integer not null default 1,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint webhook_endpoints_pkey primary key (id),
        constraint webhook_endpoints_project_id_fkey foreign key (project_id) references projects (id),
        constraint webhook_endpoints_created_by_fkey foreign key (created_by) references user_refs (id),
        constraint webhook_endpoints_url_check check (url ~ '^https://' and char_length(url) <= 2048),
        constraint webhook_endpoints_event_types_check check (cardinality(event_types) between 1 and 50),
        constraint webhook_endpoints_previous_secret_check
          check (num_nonnulls(previous_secret_encrypted, previous_secret_expires_at) in (0, 2))
      )`);
    await runner.query('create index webhook_endpoints_project_id_idx on webhook_endpoints (project_id)');
    await runner.query('create index webhook_endpoints_created_by_idx on webhook_endpoints (created_by)');
    await runner.query(sql.touchUpdatedAt('webhook_endpoints'));
    await runner.query(sql.requireLiveReference('webhook_endpoints', 'created_by', 'user_refs'));
    await runner.query(`create type webhook_delivery_status as enum ('pending', 'succeeded', 'failed')`);
    await runner.query(`
      create table webhook_deliveries (
        id uuid not null,
        endpoint_id uuid not null,
        event_id uuid not null,
        event_type text not null,
        payload_json jsonb not null,
        status webhook_delivery_status not null default 'pending',
        attempts integer not null default 0,
        next_attempt_at timestamptz,
        response_status integer,
        response_excerpt text,
        delivered_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint webhook_deliveries_pkey primary key (id),
        constraint webhook_deliveries_endpoint_id_event_id_key unique (endpoint_id, event_id),
        constraint webhook_deliveries_endpoint_id_fkey foreign key (endpoint_id)
          references webhook_endpoints (id)
          on delete cascade,
        constraint webhook_deliveries_attempts_check check (attempts >= 0),
        constraint webhook_deliveries_response_status_check check (response_status between 100 and 599),
        constraint webhook_deliveries_response_excerpt_check check (octet_length(response_excerpt) <= 1024)
      )`);
    await runner.query(
      'create index webhook_deliveries_endpoint_id_created_at_idx on webhook_deliveries (endpoint_id, created_at, id)',
    );
    await runner.query(
      `create index webhook_deliveries_due_idx on webhook_deliveries (next_attempt_at) where status = 'pending'`,
    );
    await runner.query(sql.touchUpdatedAt('webhook_deliveries'));
    for (const comment of sql.comments(
      'webhook_endpoints',
      'Addresses that a project’s events are sent to.',
      {
        secret_encrypted:
          'Signs what is sent, so that the receiver can tell it is ours. Encrypted; shown once, when made.',
        previous_secret_encrypted:
          'The secret before the last rotation, which signs too until it expires, so that receivers can change over.',
        previous_secret_expires_at: 'Until when the previous secret signs too.',
        created_by: 'Who set it up.',
        failing_since: 'Since when every delivery has failed; null while they succeed.',
        version: 'Counts changes: tells a stale copy from a fresh one.',
      },
    )) {
      await runner.query(comment);
    }
    for (const comment of sql.comments(
      'webhook_deliveries',
      'One event on its way to one endpoint, and what came back: the queue of what is due, and the log of what was sent.',
      {
        id: 'UUIDv7, made by the service.',
        endpoint_id: 'Where it is sent.',
        event_id:
          'The event, and the receiver’s webhook-id. No foreign key: the outbox forgets before this log.',
        event_type: 'Type of the event.',
        payload_json: 'The body, so that each attempt sends the same.',
        status: 'pending until it succeeded or was given up.',
        attempts: 'Attempts so far.',
        next_attempt_at: 'When it is tried next; null when it is not tried again.',
        response_status: 'HTTP status of the last answer; null where none came.',
        response_excerpt: 'At most 1 KiB of the last answer, to find out why it failed.',
        delivered_at: 'When the receiver accepted it.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table webhook_deliveries');
    await runner.query('drop type webhook_delivery_status');
    await runner.query('drop table webhook_endpoints');
  }
}
