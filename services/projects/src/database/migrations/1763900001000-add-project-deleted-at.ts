import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A project has too many rows to go in one transaction: it is hidden at once, and removed in batches. */
export class AddProjectDeletedAt1763900001000 implements MigrationInterface {
  name = 'AddProjectDeletedAt1763900001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table projects add column deleted_at timestamptz');
    await runner.query(
      `comment on column projects.deleted_at is
       'When its owner deleted it: nobody sees it from then on. The row goes last, when all that belongs to it is gone.'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table projects drop column deleted_at');
  }
}
