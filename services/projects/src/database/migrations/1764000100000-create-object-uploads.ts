import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Uploaded attachments. Which rows name an object is known to the database alone: whatever deletes such a row, the
 * trigger notes the object for removal in the same transaction.
 */
export class CreateObjectUploads1764000100000 implements MigrationInterface {
  name = 'CreateObjectUploads1764000100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table task_attachments
        add column size_bytes bigint,
        add column content_type text,
        add constraint task_attachments_size_bytes_check check (size_bytes > 0),
        add constraint task_attachments_content_type_check check (char_length(content_type) between 3 and 127),
        add constraint task_attachments_file_check
          check (r2_key is not null or num_nonnulls(size_bytes, content_type) = 0)`);
    await runner.query('create unique index task_attachments_r2_key_idx on task_attachments (r2_key)');
    await runner.query(`
      create table object_uploads (
        object_key text not null,
        task_id uuid not null,
        requested_by uuid not null,
        name text not null,
        size_bytes bigint not null,
        content_type text,
        received_at timestamptz,
        expires_at timestamptz not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint object_uploads_pkey primary key (object_key),
        constraint object_uploads_task_id_fkey foreign key (task_id)
          references tasks (id)
          on delete cascade,
        constraint object_uploads_requested_by_fkey foreign key (requested_by) references user_refs (id),
        constraint object_uploads_object_key_check check (char_length(object_key) between 1 and 1024),
        constraint object_uploads_name_check check (char_length(name) <= 200),
        constraint object_uploads_size_bytes_check check (size_bytes > 0),
        constraint object_uploads_content_type_check check (char_length(content_type) between 3 and 127)
      )`);
    await runner.query('create index object_uploads_task_id_idx on object_uploads (task_id)');
    await runner.query('create index object_uploads_requested_by_idx on object_uploads (requested_by)');
    await runner.query('create index object_uploads_expires_at_idx on object_uploads (expires_at)');
    await runner.query(sql.touchUpdatedAt('object_uploads'));
    await runner.query(sql.requireLiveReference('object_uploads', 'requested_by', 'user_refs'));
    await runner.query(`
      create table object_removals (
        object_key text not null,
        attempts integer not null default 0,
        last_error text,
        due_at timestamptz not null default now(),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint object_removals_pkey primary key (object_key)
      )`);
    await runner.query('create index object_removals_due_at_idx on object_removals (due_at)');
    await runner.query(sql.touchUpdatedAt('object_removals'));
    await this.#createTriggers(runner);
    for (const comment of comments()) await runner.query(comment);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop trigger task_attachments_object_removed on task_attachments');
    await runner.query('drop table object_uploads');
    await runner.query('drop function remove_attached_object()');
    await runner.query('drop function remove_uploaded_object()');
    await runner.query('drop table object_removals');
    await runner.query('drop index task_attachments_r2_key_idx');
    await runner.query('alter table task_attachments drop column size_bytes, drop column content_type');
  }

  /** Two functions, since an upload that became an attachment takes its row with it and leaves its object. */
  async #createTriggers(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function remove_attached_object() returns trigger
      language plpgsql
      as $$
      begin
        execute format(
          'insert into %I.object_removals (object_key) values ($1) on conflict (object_key) do nothing',
          tg_table_schema
        ) using old.r2_key;
        return null;
      end
      $$`);
    await runner.query(`
      create function remove_uploaded_object() returns trigger
      language plpgsql
      as $$
      begin
        execute format(
          'insert into %1$I.object_removals (object_key)
           select $1
            where not exists (select from %1$I.task_attachments where r2_key = $1)
               on conflict (object_key) do nothing',
          tg_table_schema
        ) using old.object_key;
        return null;
      end
      $$`);
    await runner.query(`
      create trigger task_attachments_object_removed
      after delete on task_attachments
      for each row
      when (old.r2_key is not null)
      execute function remove_attached_object()`);
    await runner.query(`
      create trigger object_uploads_object_removed
      after delete on object_uploads
      for each row
      execute function remove_uploaded_object()`);
  }
}

function comments(): string[] {
  return [
    ...sql.comments(
      'task_attachments',
      'Files and links on a task: exactly one of r2_key and external_url.',
      {
        size_bytes: 'Of the file, as it was counted when it came; null for a link.',
        content_type:
          'What whoever uploaded the file says it is; nobody checks it, and it is never served as that.',
      },
    ),
    ...sql.comments(
      'object_uploads',
      'Files that may be uploaded, or are and wait to be attached. The row goes when the file is attached, and with the file when it is not in time.',
      {
        object_key: 'Key under which the file will be stored, made by the platform.',
        task_id: 'The only task to which it can be attached.',
        requested_by: 'Who may attach it; the upload itself needs the signed URL alone.',
        name: 'As people will see it; empty where nobody gave one.',
        size_bytes: 'The number of bytes that the upload must have.',
        content_type: 'What whoever asked says the file is.',
        received_at: 'When the whole file was stored; null: not yet. It is stored once.',
        expires_at: 'When row and file go if they are not attached by then.',
      },
    ),
    ...sql.comments(
      'object_removals',
      'Objects that no row names any more: removed from the storage in the background, after the deletion has committed. Filled by triggers.',
      {
        object_key: 'Key of the object; it may be that nothing was ever stored under it.',
        attempts: 'How often its removal has failed.',
        last_error: 'Code of the last failure.',
        due_at: 'When it is tried next.',
      },
    ),
  ];
}
