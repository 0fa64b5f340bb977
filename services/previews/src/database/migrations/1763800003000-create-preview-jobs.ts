import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreatePreviewJobs1763800003000 implements MigrationInterface {
  name = 'CreatePreviewJobs1763800003000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create type tier as enum ('free', 'pro', 'premium')`);
    await runner.query(
      `create type job_status as enum ('queued', 'running', 'succeeded', 'failed', 'canceled')`,
    );
    await runner.query(
      `create type device_type as enum ('iphone', 'ipad', 'android_phone', 'android_tablet')`,
    );
    await runner.query(`
      create type job_error_code as enum (
        'WORKER_TIMEOUT', 'BUILD_FAILED', 'UNSUPPORTED', 'PAYLOAD_TOO_LARGE', 'CANCELED', 'PROVIDER_FAILED'
      )`);
    await runner.query(`
      create table preview_jobs (
        id uuid not null,
        project_id uuid not null,
        requested_by uuid not null,
        tier tier not null,
        status job_status not null default 'queued',
        device_type device_type not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        completed_at timestamptz,
        worker_id uuid,
        error_code job_error_code,
        constraint preview_jobs_pkey primary key (id),
        constraint preview_jobs_project_id_fkey foreign key (project_id) references project_refs (id),
        constraint preview_jobs_requested_by_fkey foreign key (requested_by) references user_refs (id),
        constraint preview_jobs_worker_id_fkey foreign key (worker_id) references worker_refs (id),
        constraint preview_jobs_completed_at_check
          check ((completed_at is not null) = (status in ('succeeded', 'failed', 'canceled'))),
        constraint preview_jobs_error_code_check
          check (error_code is null or status in ('failed', 'canceled'))
      )`);
    await runner.query(`
      create index preview_jobs_project_id_created_at_id_idx
      on preview_jobs (project_id, created_at, id)`);
    await runner.query(`create index preview_jobs_requested_by_idx on preview_jobs (requested_by)`);
    await runner.query(`create index preview_jobs_worker_id_idx on preview_jobs (worker_id)`);
    await runner.query(sql.touchUpdatedAt('preview_jobs'));
    await runner.query(sql.requireLiveReference('preview_jobs', 'project_id', 'project_refs'));
    await runner.query(sql.requireLiveReference('preview_jobs', 'requested_by', 'user_refs'));
    await runner.query(sql.requireLiveReference('preview_jobs', 'worker_id', 'worker_refs'));

    await runner.query(`
      create table preview_artifacts (
        id uuid not null,
        job_id uuid not null,
        r2_key text not null,
        version integer not null default 1,
        created_at timestamptz not null default now(),
        constraint preview_artifacts_pkey primary key (id),
        constraint preview_artifacts_job_id_fkey foreign key (job_id) references preview_jobs (id) on delete cascade,
        constraint preview_artifacts_job_id_r2_key_version_key unique (job_id, r2_key, version),
        constraint preview_artifacts_version_check check (version > 0)
      )`);
    for (const comment of sql.comments('preview_jobs', 'Requests for a preview of a mobile screen.', {
      tier: 'The requester’s tier when the job was made: a later change does not touch it.',
    })) {
      await runner.query(comment);
    }
    for (const comment of sql.comments(
      'preview_artifacts',
      'Objects that a preview produced. One is never changed; a newer one has the next version.',
      {
        r2_key: 'Key of the object, made by the platform, never from text of a user.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table preview_artifacts`);
    await runner.query(`drop table preview_jobs`);
    await runner.query(`drop type job_error_code`);
    await runner.query(`drop type device_type`);
    await runner.query(`drop type job_status`);
    await runner.query(`drop type tier`);
  }
}
