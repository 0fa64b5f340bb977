import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateProjects1763800002000 implements MigrationInterface {
  name = 'CreateProjects1763800002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table projects (
        id uuid not null,
        owner_id uuid not null,
        name text not null,
        description text not null default '',
        task_counter integer not null default 0,
        version integer not null default 1,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint projects_pkey primary key (id),
        constraint projects_owner_id_fkey foreign key (owner_id) references user_refs (id),
        constraint projects_name_check check (char_length(name) between 1 and 200),
        constraint projects_description_check check (char_length(description) <= 50000),
        constraint projects_task_counter_check check (task_counter >= 0)
      )`);
    await runner.query('create index projects_owner_id_idx on projects (owner_id)');
    await runner.query('create index projects_name_trgm_idx on projects using gin (name gin_trgm_ops)');
    await runner.query(sql.touchUpdatedAt('projects'));
    await runner.query(sql.requireLiveReference('projects', 'owner_id', 'user_refs'));
    for (const comment of sql.comments(
      'projects',
      'What people work on together. Tasks, tags, labels, members and comments belong to one.',
      {
        task_counter:
          'Number of the newest task. It moves in the transaction that makes the task, so two tasks never get one number.',
        version: 'Counts changes; the ETag, and the order of its events.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table projects');
  }
}
