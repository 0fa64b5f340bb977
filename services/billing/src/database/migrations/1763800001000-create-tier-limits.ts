import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateTierLimits1763800001000 implements MigrationInterface {
  name = 'CreateTierLimits1763800001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create type tier as enum ('free', 'pro', 'premium')`);
    await runner.query(`
      create table tier_limits (
        tier tier not null,
        limit_key text not null,
        value integer not null,
        version integer not null default 1,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint tier_limits_pkey primary key (tier, limit_key),
        constraint tier_limits_limit_key_check check (limit_key ~ '^[a-z][a-z0-9_]{0,62}$'),
        constraint tier_limits_value_check check (value >= 0)
      )`);
    await runner.query(sql.touchUpdatedAt('tier_limits'));
    await runner.query(`
      insert into tier_limits (tier, limit_key, value)
      select tier::tier, limit_key, value
      from (values
        ('previews_per_hour', 5, 20, 250),
        ('previews_concurrent', 1, 3, 10),
        ('snapshots_per_preview', 5, 20, 100),
        ('snapshot_max_bytes', 262144, 1048576, 5242880),
        ('ai_docs_per_hour', 5, 30, 200),
        ('ai_doc_max_bytes', 65536, 262144, 1048576),
        ('attachment_max_bytes', 5242880, 26214400, 104857600),
        ('attachments_per_task', 5, 20, 100),
        ('projects_owned', 3, 50, 500),
        ('members_per_project', 5, 25, 200),
        ('tasks_per_project', 1000, 20000, 200000),
        ('api_requests_per_minute', 120, 600, 3000),
        ('searches_per_minute', 30, 120, 600),
        ('queue_priority', 0, 1, 2),
        ('gpu', 0, 0, 1)
      ) as defaults (limit_key, free, pro, premium)
      cross join lateral (values ('free', free), ('pro', pro), ('premium', premium)) as by_tier (tier, value)`);
    for (const comment of sql.comments(
      'tier_limits',
      'How much of each thing a tier may use. Rows, so that an administrator changes a limit without a deploy.',
      {
        value: 'Bytes, items or requests, as the key says.',
        version: 'Counts changes: tells a stale copy from a fresh one.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table tier_limits`);
    await runner.query(`drop type tier`);
  }
}
