import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateWorkerHeartbeats1763800002000 implements MigrationInterface {
  name = 'CreateWorkerHeartbeats1763800002000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of sql.partitionFunctions('workers')) await runner.query(statement);
    await runner.query(`
      create table worker_heartbeats (
        id uuid not null,
        node_id uuid not null,
        metrics_json jsonb not null,
        "timestamp" timestamptz not null default now(),
        created_at timestamptz not null default now(),
        constraint worker_heartbeats_pkey primary key (id, "timestamp"),
        constraint worker_heartbeats_node_id_fkey foreign key (node_id) references worker_nodes (id) on delete cascade
      ) partition by range ("timestamp")`);
    await runner.query(`
      create index worker_heartbeats_node_id_timestamp_idx
      on worker_heartbeats (node_id, "timestamp")`);
    await runner.query(
      sql.partitionPolicy({ table: 'worker_heartbeats', step: 'day', ahead: 7, keepDays: 14 }),
    );
    await runner.query(sql.makePartitions('worker_heartbeats'));
    for (const comment of sql.comments(
      'worker_heartbeats',
      'What nodes reported about themselves. One partition a day; old days are dropped whole.',
      {
        timestamp: 'When it was reported; the partition key.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table worker_heartbeats`);
    for (const statement of sql.dropPartitionFunctions()) await runner.query(statement);
  }
}
