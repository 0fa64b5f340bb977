import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A comment is about one thing: `entity_id` names it, or `file_path` and `line` where it is code.
 * `task_id` is computed from the two, so that the polymorphic id is a real key where the thing is a
 * task: a comment cannot point at another project's task, and goes with its task.
 */
export class CreateComments1763800009000 implements MigrationInterface {
  name = 'CreateComments1763800009000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create type comment_entity_type as enum ('project', 'task', 'preview_job', 'ai_doc_job', 'code')`,
    );
    await runner.query(`
      create table comments (
        id uuid not null,
        project_id uuid not null,
        parent_id uuid,
        entity_type comment_entity_type not null,
        entity_id uuid,
        task_id uuid generated always as (case when entity_type = 'task' then entity_id end) stored,
        file_path text,
        line integer,
        author_id uuid not null,
        body text not null,
        is_starred boolean not null default false,
        version integer not null default 1,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint comments_pkey primary key (id),
        constraint comments_project_id_fkey foreign key (project_id) references projects (id),
        constraint comments_parent_id_fkey foreign key (parent_id) references comments (id),
        constraint comments_project_id_task_id_fkey foreign key (project_id, task_id)
          references tasks (project_id, id)
          on delete cascade,
        constraint comments_author_id_fkey foreign key (author_id) references user_refs (id),
        constraint comments_entity_check check (
          case
            when entity_type = 'code' then entity_id is null and num_nonnulls(file_path, line) = 2
            else entity_id is not null and num_nonnulls(file_path, line) = 0
          end
        ),
        constraint comments_project_entity_check check (entity_type <> 'project' or entity_id = project_id),
        constraint comments_file_path_check check (char_length(file_path) between 1 and 1024),
        constraint comments_line_check check (line > 0),
        constraint comments_body_check check (char_length(body) between 1 and 20000)
      )`);
    for (const index of [
      'create index comments_project_id_created_at_idx on comments (project_id, created_at, id)',
      'create index comments_project_id_task_id_idx on comments (project_id, task_id)',
      'create index comments_entity_idx on comments (entity_id, created_at, id)',
      'create index comments_parent_id_idx on comments (parent_id)',
      'create index comments_author_id_idx on comments (author_id)',
      'create index comments_body_trgm_idx on comments using gin (body gin_trgm_ops)',
    ]) {
      await runner.query(index);
    }
    await runner.query(sql.touchUpdatedAt('comments'));
    await runner.query(sql.requireLiveReference('comments', 'author_id', 'user_refs'));
    // A check constraint sees one row only; a thread's rule is about two.
    await runner.query(`
      create function require_comment_thread() returns trigger
      language plpgsql
      as $$
      declare
        parent comments;
      begin
        if tg_op = 'UPDATE' then
          raise exception 'a comment stays where it was written'
            using errcode = 'check_violation', constraint = 'comments_place_check', table = 'comments';
        end if;
        select * into parent from comments where id = new.parent_id for key share;
        if found and (
          parent.parent_id is not null
          or (parent.project_id, parent.entity_type, parent.entity_id, parent.file_path, parent.line)
            is distinct from (new.project_id, new.entity_type, new.entity_id, new.file_path, new.line)
        ) then
          raise exception 'a reply belongs to the first comment of its own thread'
            using errcode = 'check_violation', constraint = 'comments_thread_check', table = 'comments';
        end if;
        return new;
      end
      $$`);
    await runner.query(`
      create trigger comments_thread
      before insert on comments
      for each row
      when (new.parent_id is not null)
      execute function require_comment_thread()`);
    await runner.query(`
      create trigger comments_place
      before update of project_id, parent_id, entity_type, entity_id, file_path, line on comments
      for each row
      execute function require_comment_thread()`);
    for (const comment of sql.comments(
      'comments',
      'What people say about a project, a task, a job or a line of code; one level of replies.',
      {
        parent_id: 'The first comment of the thread; null for that comment itself.',
        entity_id: 'What it is about, as entity_type says; null for code.',
        task_id:
          'entity_id where that is a task: computed, so that a foreign key can hold it to a task of the same project.',
        file_path: 'Which file it is about, where entity_type is code: a place in code has no id.',
        line: 'Which line of the file, counted from 1.',
        version: 'Counts changes; the ETag, and the order of its events.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table comments');
    await runner.query('drop function require_comment_thread()');
    await runner.query('drop type comment_entity_type');
  }
}
