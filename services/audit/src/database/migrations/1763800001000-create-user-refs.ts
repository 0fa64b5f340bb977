import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateUserRefs1763800001000 implements MigrationInterface {
  name = 'CreateUserRefs1763800001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(sql.referenceTable('user_refs', ['display_name text']));
    await runner.query(sql.touchUpdatedAt('user_refs'));
    for (const comment of sql.referenceTableComments('user_refs', 'identity.user', {
      display_name: 'Shown in lists, without a call to identity.',
    })) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table user_refs`);
  }
}
