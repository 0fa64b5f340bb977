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
    for (const comment of sql.referenceTableComments('user_refs', 'identity.user', {
      display_name: 'Shown in lists, without a call to identity.',
    })) {
      await runner.query(comment);
    }
    for (const comment of sql.referenceTableComments('project_refs', 'projects.project', {
      name: 'Shown in lists, without a call to projects.',
      owner_id: 'The project’s owner, as projects told; a copied field, not a foreign key.',
    })) {
      await runner.query(comment);
    }
    for (const comment of sql.referenceTableComments('worker_refs', 'workers.node', {
      name: 'Shown in lists, without a call to workers.',
      type: 'cpu or gpu, as workers told.',
    })) {
      await runner.query(comment);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table worker_refs`);
    await runner.query(`drop table project_refs`);
    await runner.query(`drop table user_refs`);
  }
}
