import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The pattern that https://semver.org/spec/v2.0.0.html suggests in its FAQ, in Postgres' own dialect. */
const semver =
  '^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)' +
  '(?:-((?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(?:\\.(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?' +
  '(?:\\+([0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*))?$';

export class CreateSampleProjects1763800011000 implements MigrationInterface {
  name = 'CreateSampleProjects1763800011000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table sample_projects (
        id uuid not null,
        name text not null,
        slug text not null,
        description text not null default '',
        framework text not null,
        version text not null,
        archive_url text not null,
        size_kb integer,
        featured boolean not null default false,
        active boolean not null default true,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint sample_projects_pkey primary key (id),
        constraint sample_projects_slug_idx unique (slug),
        constraint sample_projects_name_check check (char_length(name) between 1 and 200),
        constraint sample_projects_slug_check
          check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and char_length(slug) <= 200),
        constraint sample_projects_description_check check (char_length(description) <= 50000),
        constraint sample_projects_framework_check check (framework ~ '^[a-z][a-z0-9_]{0,49}$'),
        constraint sample_projects_version_check check (version ~ '${semver}' and char_length(version) <= 200),
        constraint sample_projects_archive_url_check check (char_length(archive_url) between 1 and 2048),
        constraint sample_projects_size_kb_check check (size_kb >= 0)
      )`);
    await runner.query('create index sample_projects_active_idx on sample_projects (active)');
    await runner.query('create index sample_projects_framework_idx on sample_projects (framework)');
    await runner.query(sql.touchUpdatedAt('sample_projects'));
    for (const comment of sql.comments('sample_projects', 'Projects to start from, offered to everyone.')) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table sample_projects');
  }
}
