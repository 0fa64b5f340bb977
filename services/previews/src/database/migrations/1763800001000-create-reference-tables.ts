import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateReferenceTables1763800001000 implements MigrationInterface {
  name = 'CreateReferenceTables1763800001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(sql.referenceTable('user_refs', ['display_name text']));
    await runner.query(sql.touchUpdatedAt('user_refs'));
    await runner.query(sql.referenceTable('project_refs', ['name text', 'owner_id uuid']));
    await runner.query(sql.touchUpdatedAt('project_refs'));
    await runner.query(sql.referenceTable('worker_refs', ['name text', 'type text']));
    await runner.query(sql.touchUpdatedAt('worker_refs'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table worker_refs`);
    await runner.query(`drop table project_refs`);
    await runner.query(`drop table user_refs`);
  }
}
