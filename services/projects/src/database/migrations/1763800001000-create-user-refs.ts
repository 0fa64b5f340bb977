import { sql } from '@hivesync/database';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The people this service has met, with the fields that its lists show. */
export class CreateUserRefs1763800001000 implements MigrationInterface {
  name = 'CreateUserRefs1763800001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create type tier as enum ('free', 'pro', 'premium')`);
    await runner.query(
      sql.referenceTable('user_refs', ['display_name text', 'avatar_url text', 'tier tier']),
    );
    await runner.query(sql.touchUpdatedAt('user_refs'));
    for (const comment of sql.referenceTableComments('user_refs', 'identity.user', {
      display_name: 'Shown in lists, without a call to identity.',
      avatar_url: 'Shown in lists, without a call to identity.',
      tier: 'The person’s tier, as identity told.',
    })) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table user_refs');
    await runner.query('drop type tier');
  }
}
