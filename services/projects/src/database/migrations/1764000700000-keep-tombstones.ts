import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const tables = ['user_refs'];

/** A tombstone is not revived, nor removed. See ADR 0001. */
export class KeepTombstones1764000700000 implements MigrationInterface {
  name = 'KeepTombstones1764000700000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of sql.keepTombstonesUp(tables)) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of sql.keepTombstonesDown(tables)) await runner.query(statement);
  }
}
