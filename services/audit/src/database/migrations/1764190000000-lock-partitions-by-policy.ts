import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whoever makes partitions waits for others who do, and no longer for a lock that any role of the database can take. */
export class LockPartitionsByPolicy1764190000000 implements MigrationInterface {
  name = 'LockPartitionsByPolicy1764190000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(sql.partitionsLockedByPolicy('audit'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(sql.partitionsLockedByNumber('audit'));
  }
}
