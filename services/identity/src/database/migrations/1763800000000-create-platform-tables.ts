import { sql } from '@hivesync/database';
import { platformTablesDown, platformTablesUp } from '@hivesync/events';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What every service has: outbox, cursors, parked events, idempotency keys, and the shared triggers. */
export class CreatePlatformTables1763800000000 implements MigrationInterface {
  name = 'CreatePlatformTables1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(sql.updatedAtFunction());
    await runner.query(sql.liveReferenceFunction());
    for (const statement of platformTablesUp()) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of platformTablesDown()) await runner.query(statement);
    await runner.query(sql.dropLiveReferenceFunction());
    await runner.query(sql.dropUpdatedAtFunction());
  }
}
