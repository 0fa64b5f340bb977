import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who belongs to a project, and who has been asked to. An invitation's row goes when it is answered. */
export class CreateTeamMembers1763800003000 implements MigrationInterface {
  name = 'CreateTeamMembers1763800003000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table team_members (
        id uuid not null,
        project_id uuid not null,
        user_id uuid not null,
        joined_at timestamptz not null default now(),
        created_at timestamptz not null default now(),
        constraint team_members_pkey primary key (id),
        constraint team_members_project_id_user_id_key unique (project_id, user_id),
        constraint team_members_project_id_fkey foreign key (project_id) references projects (id),
        constraint team_members_user_id_fkey foreign key (user_id) references user_refs (id)
      )`);
    await runner.query('create index team_members_user_id_idx on team_members (user_id)');
    await runner.query(sql.requireLiveReference('team_members', 'user_id', 'user_refs'));
    await runner.query(`
      create table team_invitations (
        id uuid not null,
        project_id uuid not null,
        email text not null,
        user_id uuid,
        invited_by uuid not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint team_invitations_pkey primary key (id),
        constraint team_invitations_project_id_email_key unique (project_id, email),
        constraint team_invitations_project_id_fkey foreign key (project_id) references projects (id),
        constraint team_invitations_user_id_fkey foreign key (user_id) references user_refs (id),
        constraint team_invitations_invited_by_fkey foreign key (invited_by) references user_refs (id),
        constraint team_invitations_email_check check (email = lower(email) and char_length(email) between 3 and 320)
      )`);
    await runner.query('create index team_invitations_user_id_idx on team_invitations (user_id)');
    await runner.query('create index team_invitations_invited_by_idx on team_invitations (invited_by)');
    await runner.query(sql.touchUpdatedAt('team_invitations'));
    await runner.query(sql.requireLiveReference('team_invitations', 'user_id', 'user_refs'));
    await runner.query(sql.requireLiveReference('team_invitations', 'invited_by', 'user_refs'));
    for (const comment of sql.comments('team_members', 'Who belongs to a project, its owner included.')) {
      await runner.query(comment);
    }
    for (const comment of sql.comments(
      'team_invitations',
      'Who has been asked to join and has not answered yet. The plan has members only; an answer deletes the row, and the address with it.',
      {
        id: 'UUIDv7, made by the service.',
        project_id: 'The project they are asked to join.',
        email: 'Where the invitation went, in lower case. Shown to the project’s owner only, who wrote it.',
        user_id:
          'Whose address it is; null while it belongs to nobody. Never shown: it would tell who has an account.',
        invited_by: 'Who invited them.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table team_invitations');
    await runner.query('drop table team_members');
  }
}
