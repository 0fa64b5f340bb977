import type { Id, ProjectId, UserId } from '@hivesync/contracts';
import {
  DataClass,
  defineDatabase,
  type Migration,
  type QueryRunner,
  ReferenceRow,
  References,
  ReferenceTable,
  sql,
} from '@hivesync/database';
import {
  feedEpochsDown,
  feedEpochsUp,
  forgettingDown,
  forgettingUp,
  platformTablesDown,
  platformTablesUp,
  unknownEventsDown,
  unknownEventsUp,
} from '@hivesync/events';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A service that has just been made: what it declares, its migration, and nothing else. */
@Entity('user_refs')
@ReferenceTable('identity.user', { keepsFresh: { display_name: 'display_name', tier: 'tier' } })
export class UserRef extends ReferenceRow<UserId> {
  @Column({ name: 'display_name', type: 'text', nullable: true })
  @DataClass('personal')
  displayName!: string | null;

  @Column({ name: 'tier', type: 'text', nullable: true })
  tier!: string | null;
}

@Entity('project_refs')
@ReferenceTable('projects.project', { keepsFresh: { name: 'name' } })
export class ProjectRef extends ReferenceRow<ProjectId> {
  @Column({ name: 'name', type: 'text', nullable: true })
  name!: string | null;
}

/** A loan, with a reference of each policy to users and one to projects. */
@Entity('loans')
@Index(['borrowerId'])
@Index(['approvedBy'])
@Index(['witness'])
@Index(['projectId'])
export class Loan {
  @PrimaryColumn({ name: 'id', type: 'uuid' })
  id!: Id<'Loan'>;

  @Column({ name: 'borrower_id', type: 'uuid' })
  @References(() => UserRef, { onDelete: 'cascade' })
  borrowerId!: UserId;

  @Column({ name: 'approved_by', type: 'uuid', nullable: true })
  @References(() => UserRef, { onDelete: 'set null' })
  approvedBy!: UserId | null;

  /** A name that tells nobody that it holds an id. */
  @Column({ name: 'witness', type: 'uuid', nullable: true })
  @References(() => UserRef, { onDelete: 'keep' })
  witness!: UserId | null;

  @Column({ name: 'project_id', type: 'uuid', nullable: true })
  @References(() => ProjectRef, { onDelete: 'cascade' })
  projectId!: ProjectId | null;

  @Column({ name: 'title', type: 'text' })
  @DataClass('private')
  title!: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}

const references = {
  borrower_id: 'user_refs',
  approved_by: 'user_refs',
  witness: 'user_refs',
  project_id: 'project_refs',
};

class CreateLoans1763800000000 implements Migration {
  readonly name = 'CreateLoans1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      ...platformTablesUp(),
      ...feedEpochsUp('workers'),
      ...unknownEventsUp(),
      sql.updatedAtFunction(),
      sql.liveReferenceFunction(),
      ...sql.referenceSweepsUp(),
      ...forgettingUp('workers'),
      sql.referenceTable('user_refs', ['display_name text', 'tier text']),
      sql.touchUpdatedAt('user_refs'),
      sql.referenceTable('project_refs', ['name text']),
      sql.touchUpdatedAt('project_refs'),
      ...sql.keepTombstonesUp(['user_refs', 'project_refs']),
      `create table loans (
        id uuid not null,
        borrower_id uuid not null,
        approved_by uuid,
        witness uuid,
        project_id uuid,
        title text not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        constraint loans_pkey primary key (id)
      )`,
      sql.touchUpdatedAt('loans'),
      ...Object.entries(references).flatMap(([column, refTable]) => [
        `alter table loans add constraint loans_${column}_fkey foreign key (${column}) references ${refTable} (id)`,
        `create index loans_${column}_idx on loans (${column})`,
        sql.requireLiveReference('loans', column, refTable),
      ]),
    ]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [
      'drop table loans',
      'drop table project_refs',
      'drop table user_refs',
      ...sql.keepTombstonesDown([]),
      ...forgettingDown(),
      ...sql.referenceSweepsDown(),
      sql.dropLiveReferenceFunction(),
      sql.dropUpdatedAtFunction(),
      ...unknownEventsDown(),
      ...feedEpochsDown(),
      ...platformTablesDown(),
    ]) {
      await runner.query(statement);
    }
  }
}

export const scratchDatabase = defineDatabase({
  service: 'workers',
  entities: [UserRef, ProjectRef, Loan],
  migrations: [CreateLoans1763800000000],
});
