import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateProjectMembers1763800002000 implements MigrationInterface {
  name = 'CreateProjectMembers1763800002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create type member_role as enum ('owner', 'member')`);
    await runner.query(`
      create table project_members (
        id uuid not null,
        project_id uuid not null,
        user_id uuid not null,
        role member_role not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint project_members_pkey primary key (id),
        constraint project_members_project_id_fkey foreign key (project_id) references project_refs (id),
        constraint project_members_user_id_fkey foreign key (user_id) references user_refs (id)
      )`);
    await runner.query(`
      create unique index project_members_project_id_user_id_key
      on project_members (project_id, user_id)`);
    await runner.query(`create index project_members_user_id_idx on project_members (user_id)`);
    await runner.query(sql.touchUpdatedAt('project_members'));
    await runner.query(sql.requireLiveReference('project_members', 'project_id', 'project_refs'));
    await runner.query(sql.requireLiveReference('project_members', 'user_id', 'user_refs'));
    for (const comment of sql.comments(
      'project_members',
      'Who may see a project’s jobs: a copy of projects.team_members that events keep, so that no request needs a call.',
      {
        id: 'Id of the membership at its owner, so that a late departure cannot end a newer membership.',
        project_id: 'The project.',
        user_id: 'The member.',
        role: 'owner or member.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table project_members`);
    await runner.query(`drop type member_role`);
  }
}
