import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** `task_label_links.project_id` is in both keys, so a label cannot be put on another project's task. */
export class CreateTaskLabels1763800006000 implements MigrationInterface {
  name = 'CreateTaskLabels1763800006000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table task_labels (
        id uuid not null,
        project_id uuid not null,
        name text not null,
        color text not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint task_labels_pkey primary key (id),
        constraint task_labels_project_id_id_key unique (project_id, id),
        constraint task_labels_project_id_name_key unique (project_id, name),
        constraint task_labels_project_id_fkey foreign key (project_id) references projects (id),
        constraint task_labels_name_check check (char_length(name) between 1 and 200),
        constraint task_labels_color_check check (color ~ '^#[0-9a-f]{6}$')
      )`);
    await runner.query(sql.touchUpdatedAt('task_labels'));
    await runner.query(`
      create table task_label_links (
        task_id uuid not null,
        label_id uuid not null,
        project_id uuid not null,
        created_at timestamptz not null default now(),
        constraint task_label_links_pkey primary key (task_id, label_id),
        constraint task_label_links_project_id_task_id_fkey foreign key (project_id, task_id)
          references tasks (project_id, id)
          on delete cascade,
        constraint task_label_links_project_id_label_id_fkey foreign key (project_id, label_id)
          references task_labels (project_id, id)
          on delete cascade
      )`);
    await runner.query(
      'create index task_label_links_project_id_task_id_idx on task_label_links (project_id, task_id)',
    );
    await runner.query(
      'create index task_label_links_project_id_label_id_idx on task_label_links (project_id, label_id)',
    );
    for (const comment of sql.comments('task_labels', 'Labels that a project’s tasks can carry.')) {
      await runner.query(comment);
    }
    for (const comment of sql.comments('task_label_links', 'Which task carries which label.', {
      project_id: 'In both foreign keys, so that a label cannot be put on another project’s task.',
    })) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table task_label_links');
    await runner.query('drop table task_labels');
  }
}
