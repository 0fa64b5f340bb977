import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateWorkerNodes1763800001000 implements MigrationInterface {
  name = 'CreateWorkerNodes1763800001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create type worker_type as enum ('cpu', 'gpu')`);
    await runner.query(`create type worker_status as enum ('healthy', 'unhealthy', 'draining', 'offline')`);
    await runner.query(`
      create table worker_nodes (
        id uuid not null,
        cloudflare_id text,
        name text not null,
        type worker_type not null,
        status worker_status not null default 'offline',
        capacity integer not null default 1,
        software_version text,
        token_sha256 bytea,
        token_expires_at timestamptz,
        last_heartbeat_at timestamptz,
        version integer not null default 1,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint worker_nodes_pkey primary key (id),
        constraint worker_nodes_cloudflare_id_key unique (cloudflare_id),
        constraint worker_nodes_token_sha256_key unique (token_sha256),
        constraint worker_nodes_name_check check (char_length(name) between 1 and 200),
        constraint worker_nodes_capacity_check check (capacity between 1 and 1000),
        constraint worker_nodes_token_check check ((token_sha256 is null) = (token_expires_at is null)),
        constraint worker_nodes_token_sha256_check check (octet_length(token_sha256) = 32)
      )`);
    await runner.query(`create index worker_nodes_created_at_id_idx on worker_nodes (created_at, id)`);
    await runner.query(`
      create index worker_nodes_last_heartbeat_at_idx
      on worker_nodes (last_heartbeat_at)
      where status in ('healthy', 'draining')`);
    await runner.query(sql.touchUpdatedAt('worker_nodes'));
    for (const comment of sql.comments(
      'worker_nodes',
      'Machines outside the platform that run previews and AI docs.',
      {
        cloudflare_id: 'Its id at Cloudflare; null where it runs elsewhere.',
        name: 'What operators call it.',
        status: 'offline until the first heartbeat.',
        capacity: 'Jobs it runs at once.',
        software_version: 'Version of the worker’s program, as it reports it.',
        token_sha256:
          'SHA-256 of the token that the node presents; the token itself is shown once and kept nowhere.',
        token_expires_at: 'When the token ends.',
        last_heartbeat_at:
          'When it was last heard, to find those that went silent without reading heartbeats.',
        version: 'Counts changes: tells a stale copy from a fresh one.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table worker_nodes`);
    await runner.query(`drop type worker_status`);
    await runner.query(`drop type worker_type`);
  }
}
