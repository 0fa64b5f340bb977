import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateReferenceSweeps1763900000000 implements MigrationInterface {
  name = 'CreateReferenceSweeps1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of sql.referenceSweepsUp()) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of sql.referenceSweepsDown()) await runner.query(statement);
  }
}
