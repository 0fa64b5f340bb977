import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the last audit found outlasts the process that made it, so that every replica can tell. */
export class AddIntegrityFindings1764180000000 implements MigrationInterface {
  name = 'AddIntegrityFindings1764180000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table integrity_schedule add column found bigint');
    await runner.query(
      `comment on column integrity_schedule.found
       is 'How many rows the last audit found to be wrong; null: none was through since this is kept.'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table integrity_schedule drop column found');
  }
}
