import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** `notifications` of the seed (C.3.6): rows of one person's inbox. */
export class CreateNotifications1763800005000 implements MigrationInterface {
  name = 'CreateNotifications1763800005000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create type notification_type as enum (
        'task_assigned', 'task_completed', 'comment_added', 'comment_mention',
        'preview_ready', 'preview_failed', 'ai_docs_ready', 'ai_docs_failed',
        'team_invite', 'team_joined', 'team_member_left',
        'security_event', 'subscription_changed',
        'worker_down', 'queue_high', 'integrity_finding'
      )`);
    await runner.query(`
      create table notifications (
        id uuid not null constraint notifications_pkey primary key,
        user_id uuid not null,
        type notification_type not null,
        payload_json jsonb not null default '{}',
        is_read boolean not null default false,
        source_event_id uuid,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint notifications_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
        constraint notifications_payload_json_check check (jsonb_typeof(payload_json) = 'object'),
        constraint notifications_user_id_source_event_id_key unique (user_id, source_event_id)
      )`);
    await runner.query('create index notifications_user_id_is_read_idx on notifications (user_id, is_read)');
    await runner.query('create index notifications_unread_idx on notifications (user_id) where not is_read');
    await runner.query('create index notifications_user_id_id_idx on notifications (user_id, id)');
    await runner.query(sql.touchUpdatedAt('notifications'));
    for (const comment of sql.comments(
      'notifications',
      'Rows of one person’s inbox. Here, because a notification belongs to one user and goes with them.',
      {
        payload_json: 'Ids and titles, enough to render and to link; never a body of text.',
        source_event_id:
          'The event that caused it, so that a repeated event notifies nobody twice; null for incidents of this service.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table notifications');
    await runner.query('drop type notification_type');
  }
}
