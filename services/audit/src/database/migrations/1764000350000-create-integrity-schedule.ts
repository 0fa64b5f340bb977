import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The platform is audited by itself; when it last was outlasts restarts, and one replica of all does it. */
export class CreateIntegritySchedule1764000350000 implements MigrationInterface {
  name = 'CreateIntegritySchedule1764000350000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table integrity_schedule (
        id boolean not null default true,
        audited_at timestamptz not null default now(),
        claimed_until timestamptz not null default now(),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint integrity_schedule_pkey primary key (id),
        constraint integrity_schedule_one_row_check check (id)
      )`);
    await runner.query(sql.touchUpdatedAt('integrity_schedule'));
    await runner.query('insert into integrity_schedule default values');
    for (const comment of sql.comments(
      'integrity_schedule',
      'When the platform was last audited by itself: one row, that all replicas share.',
      {
        id: 'Always true, so that there is one row.',
        audited_at: 'When the last audit by itself was through.',
        claimed_until: 'Until then one replica is at it, or it failed a moment ago.',
      },
    )) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table integrity_schedule');
  }
}
