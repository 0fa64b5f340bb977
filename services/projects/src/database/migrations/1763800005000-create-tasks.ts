import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateTasks1763800005000 implements MigrationInterface {
  name = 'CreateTasks1763800005000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create type task_status as enum ('open', 'in_progress', 'blocked', 'done')`);
    // The second key of assignee_id makes membership a rule of the table: leaving the project clears it.
    await runner.query(`
      create table tasks (
        id uuid not null,
        project_id uuid not null,
        number integer not null,
        title text not null,
        description text not null default '',
        status task_status not null default 'open',
        assignee_id uuid,
        due_date date,
        created_by uuid not null,
        version integer not null default 1,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint tasks_pkey primary key (id),
        constraint tasks_project_id_id_key unique (project_id, id),
        constraint tasks_project_id_number_key unique (project_id, number),
        constraint tasks_project_id_fkey foreign key (project_id) references projects (id),
        constraint tasks_assignee_id_fkey foreign key (assignee_id) references user_refs (id),
        constraint tasks_created_by_fkey foreign key (created_by) references user_refs (id),
        constraint tasks_project_id_assignee_id_fkey foreign key (project_id, assignee_id)
          references team_members (project_id, user_id)
          on delete set null (assignee_id),
        constraint tasks_number_check check (number > 0),
        constraint tasks_title_check check (char_length(title) between 1 and 500),
        constraint tasks_description_check check (char_length(description) <= 50000)
      )`);
    for (const index of [
      'create index tasks_assignee_id_idx on tasks (assignee_id)',
      'create index tasks_project_id_assignee_id_idx on tasks (project_id, assignee_id)',
      'create index tasks_created_by_idx on tasks (created_by)',
      'create index tasks_project_id_created_at_idx on tasks (project_id, created_at, id)',
      'create index tasks_project_id_updated_at_idx on tasks (project_id, updated_at, id)',
      'create index tasks_project_id_due_date_idx on tasks (project_id, due_date, id)',
      `create index tasks_open_idx on tasks (project_id) where status <> 'done'`,
      'create index tasks_title_trgm_idx on tasks using gin (title gin_trgm_ops)',
    ]) {
      await runner.query(index);
    }
    await runner.query(sql.touchUpdatedAt('tasks'));
    await runner.query(sql.requireLiveReference('tasks', 'assignee_id', 'user_refs'));
    await runner.query(sql.requireLiveReference('tasks', 'created_by', 'user_refs'));
    for (const comment of sql.comments('tasks', 'What is to be done in a project.', {
      number: 'Counted from 1 within the project: the short name by which people speak of a task.',
      assignee_id: 'A member of the project, by key: leaving the project clears it.',
      due_date: 'A calendar day, without a time zone.',
      version: 'Counts changes; the ETag, and the order of its events.',
    })) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table tasks');
    await runner.query('drop type task_status');
  }
}
