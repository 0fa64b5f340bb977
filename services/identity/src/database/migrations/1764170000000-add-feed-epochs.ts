import { feedEpochsDown, feedEpochsUp } from '@hivesync/events';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Positions in the feed say in which run of the server they were given. See ADR 0023. */
export class AddFeedEpochs1764170000000 implements MigrationInterface {
  name = 'AddFeedEpochs1764170000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of feedEpochsUp('identity')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of feedEpochsDown()) await runner.query(statement);
  }
}
