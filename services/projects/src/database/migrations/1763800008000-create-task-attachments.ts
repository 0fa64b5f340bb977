import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateTaskAttachments1763800008000 implements MigrationInterface {
  name = 'CreateTaskAttachments1763800008000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table task_attachments (
        id uuid not null,
        task_id uuid not null,
        name text not null default '',
        r2_key text,
        external_url text,
        uploaded_by uuid not null,
        uploaded_at timestamptz not null default now(),
        created_at timestamptz not null default now(),
        constraint task_attachments_pkey primary key (id),
        constraint task_attachments_task_id_fkey foreign key (task_id)
          references tasks (id)
          on delete cascade,
        constraint task_attachments_uploaded_by_fkey foreign key (uploaded_by) references user_refs (id),
        constraint task_attachments_location_check check (num_nonnulls(r2_key, external_url) = 1),
        constraint task_attachments_name_check check (char_length(name) <= 200),
        constraint task_attachments_r2_key_check check (char_length(r2_key) between 1 and 1024),
        constraint task_attachments_external_url_check
          check (external_url ~ '^https://' and char_length(external_url) <= 2048)
      )`);
    await runner.query(
      'create index task_attachments_task_id_idx on task_attachments (task_id, uploaded_at, id)',
    );
    await runner.query('create index task_attachments_uploaded_by_idx on task_attachments (uploaded_by)');
    await runner.query(sql.requireLiveReference('task_attachments', 'uploaded_by', 'user_refs'));
    for (const comment of sql.comments(
      'task_attachments',
      'Files and links on a task: exactly one of r2_key and external_url.',
      {
        name: 'What people see instead of the key or the address; empty where nobody gave one.',
        uploaded_by: 'Who added it.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table task_attachments');
  }
}
