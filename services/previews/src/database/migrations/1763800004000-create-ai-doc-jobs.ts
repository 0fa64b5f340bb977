import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateAiDocJobs1763800004000 implements MigrationInterface {
  name = 'CreateAiDocJobs1763800004000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table ai_doc_jobs (
        id uuid not null,
        project_id uuid not null,
        file_path text not null,
        requester_id uuid not null,
        tier tier not null,
        status job_status not null default 'queued',
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        completed_at timestamptz,
        constraint ai_doc_jobs_pkey primary key (id),
        constraint ai_doc_jobs_project_id_fkey foreign key (project_id) references project_refs (id),
        constraint ai_doc_jobs_requester_id_fkey foreign key (requester_id) references user_refs (id),
        constraint ai_doc_jobs_file_path_check check (char_length(file_path) between 1 and 1024),
        constraint ai_doc_jobs_completed_at_check
          check ((completed_at is not null) = (status in ('succeeded', 'failed', 'canceled')))
      )`);
    await runner.query(`
      create index ai_doc_jobs_project_id_created_at_id_idx
      on ai_doc_jobs (project_id, created_at, id)`);
    await runner.query(`create index ai_doc_jobs_requester_id_idx on ai_doc_jobs (requester_id)`);
    await runner.query(sql.touchUpdatedAt('ai_doc_jobs'));
    await runner.query(sql.requireLiveReference('ai_doc_jobs', 'project_id', 'project_refs'));
    await runner.query(sql.requireLiveReference('ai_doc_jobs', 'requester_id', 'user_refs'));

    await runner.query(`
      create table ai_doc_history (
        id uuid not null,
        job_id uuid not null,
        summary text not null,
        diff text,
        snippet text,
        created_at timestamptz not null default now(),
        constraint ai_doc_history_pkey primary key (id),
        constraint ai_doc_history_job_id_fkey foreign key (job_id) references ai_doc_jobs (id) on delete cascade
      )`);
    await runner.query(`create index ai_doc_history_job_id_idx on ai_doc_history (job_id)`);
    for (const comment of sql.comments('ai_doc_jobs', 'Requests to document a file.', {
      tier: 'The requester’s tier when the job was made: a later change does not touch it.',
    })) {
      await runner.query(comment);
    }
    for (const comment of sql.comments(
      'ai_doc_history',
      'What documentation jobs wrote. It goes with its job.',
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table ai_doc_history`);
    await runner.query(`drop table ai_doc_jobs`);
  }
}
