import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateProjectTagsAndFavorites1763800004000 implements MigrationInterface {
  name = 'CreateProjectTagsAndFavorites1763800004000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table project_tags (
        id uuid not null,
        project_id uuid not null,
        name text not null,
        color text not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint project_tags_pkey primary key (id),
        constraint project_tags_project_id_name_key unique (project_id, name),
        constraint project_tags_project_id_fkey foreign key (project_id) references projects (id),
        constraint project_tags_name_check check (char_length(name) between 1 and 200),
        constraint project_tags_color_check check (color ~ '^#[0-9a-f]{6}$')
      )`);
    await runner.query(sql.touchUpdatedAt('project_tags'));
    // A favourite is a member's: the key to team_members takes it away when that person leaves.
    await runner.query(`
      create table project_favorites (
        user_id uuid not null,
        project_id uuid not null,
        created_at timestamptz not null default now(),
        constraint project_favorites_pkey primary key (user_id, project_id),
        constraint project_favorites_user_id_fkey foreign key (user_id) references user_refs (id),
        constraint project_favorites_project_id_fkey foreign key (project_id) references projects (id),
        constraint project_favorites_project_id_user_id_fkey foreign key (project_id, user_id)
          references team_members (project_id, user_id)
          on delete cascade
      )`);
    await runner.query(
      'create index project_favorites_project_id_user_id_idx on project_favorites (project_id, user_id)',
    );
    await runner.query(sql.requireLiveReference('project_favorites', 'user_id', 'user_refs'));
    for (const comment of sql.comments('project_tags', 'Words that a project is found by.')) {
      await runner.query(comment);
    }
    for (const comment of sql.comments(
      'project_favorites',
      'Which projects a member has marked for themselves. A favourite goes with the membership.',
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table project_favorites');
    await runner.query('drop table project_tags');
  }
}
