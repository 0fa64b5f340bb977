import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An edge stays within one project by its keys; that the edges stay acyclic is decided under the project's lock. */
export class CreateTaskDependencies1763800007000 implements MigrationInterface {
  name = 'CreateTaskDependencies1763800007000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table task_dependencies (
        task_id uuid not null,
        depends_on_task_id uuid not null,
        project_id uuid not null,
        created_at timestamptz not null default now(),
        constraint task_dependencies_pkey primary key (task_id, depends_on_task_id),
        constraint task_dependencies_project_id_task_id_fkey foreign key (project_id, task_id)
          references tasks (project_id, id)
          on delete cascade,
        constraint task_dependencies_project_id_depends_on_task_id_fkey
          foreign key (project_id, depends_on_task_id)
          references tasks (project_id, id)
          on delete cascade,
        constraint task_dependencies_not_itself_check check (task_id <> depends_on_task_id)
      )`);
    await runner.query(
      'create index task_dependencies_project_id_task_id_idx on task_dependencies (project_id, task_id)',
    );
    await runner.query(
      'create index task_dependencies_project_id_depends_on_task_id_idx on task_dependencies (project_id, depends_on_task_id)',
    );
    for (const comment of sql.comments(
      'task_dependencies',
      'Which task waits for which. Edges stay acyclic, which is decided under a lock on the project.',
      {
        project_id: 'In both foreign keys, so that a task cannot depend on another project’s.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table task_dependencies');
  }
}
