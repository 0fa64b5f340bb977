import { forgettingDown, forgettingUp } from '@hivesync/events';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The outbox forgets the addresses of deleted people, and takes no more. See ADR 0015. */
export class ForgetDeletedPeople1764000400000 implements MigrationInterface {
  name = 'ForgetDeletedPeople1764000400000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of forgettingUp('workers')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of forgettingDown()) await runner.query(statement);
  }
}
