import { unknownEventsDown, unknownEventsUp } from '@hivesync/events';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Events of types that came with a later release are kept until this service knows them. */
export class KeepUnknownEvents1764170001000 implements MigrationInterface {
  name = 'KeepUnknownEvents1764170001000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of unknownEventsUp()) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of unknownEventsDown()) await runner.query(statement);
  }
}
