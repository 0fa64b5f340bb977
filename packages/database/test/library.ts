import type { Id } from '@hivesync/contracts';
import {
  Check,
  Column,
  Entity,
  ForeignKey,
  Index,
  type MigrationInterface,
  PrimaryColumn,
  type QueryRunner,
} from 'typeorm';
import {
  type CompletedSweep,
  DataClass,
  type DataSource,
  defineDatabase,
  ReferenceRow,
  References,
  ReferenceTable,
  sql,
  sweepOnce,
  type Transaction,
} from '../src/index.ts';

/** A small service of its own: people of identity lend, own and star books. */
@Entity('user_refs')
@ReferenceTable('identity.user', { keepsFresh: { display_name: 'display_name', tier: 'tier' } })
export class UserRef extends ReferenceRow<Id<'User'>> {
  @Column({ name: 'display_name', type: 'text', nullable: true })
  @DataClass('personal')
  displayName!: string | null;

  @Column({ name: 'tier', type: 'enum', enumName: 'tier', enum: ['free', 'pro'], nullable: true })
  tier!: 'free' | 'pro' | null;
}

@Entity('books')
@Check('books_title_check', 'length(title) > 0')
@Index('books_title_trgm_idx', { synchronize: false })
@Index(['createdBy'])
@Index(['lenderId'], { where: 'lender_id is not null' })
export class Book {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'text' })
  title!: string;

  @Column({ type: 'text', unique: true, nullable: true })
  isbn!: string | null;

  @Column({ type: 'uuid' })
  @References(() => UserRef, { onDelete: 'keep' })
  createdBy!: Id<'User'>;

  @Column({ type: 'uuid', nullable: true })
  @References(() => UserRef, { onDelete: 'set null' })
  lenderId!: Id<'User'> | null;

  @Column({ type: 'text', array: true, default: () => `'{}'` })
  words!: string[];

  @Column({ type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  updatedAt!: Date;
}

@Entity('stars')
@Index(['bookId'])
export class Star {
  @PrimaryColumn({ type: 'uuid' })
  @References(() => UserRef, { onDelete: 'cascade' })
  userId!: Id<'User'>;

  @PrimaryColumn({ type: 'uuid' })
  @ForeignKey(() => Book, { onDelete: 'CASCADE' })
  bookId!: string;

  @Column({ type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;
}

@Entity('readings')
@Index(['createdAt'])
export class Reading {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @PrimaryColumn({ type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'integer' })
  page!: number;
}

class CreatePlatform1763800000000 implements MigrationInterface {
  name = 'CreatePlatform1763800000000';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(sql.updatedAtFunction());
    await runner.query(sql.liveReferenceFunction());
    for (const statement of sql.referenceSweepsUp()) await runner.query(statement);
    for (const statement of sql.partitionFunctions('workers')) await runner.query(statement);
  }
  async down(runner: QueryRunner): Promise<void> {
    for (const statement of sql.dropPartitionFunctions()) await runner.query(statement);
    for (const statement of sql.referenceSweepsDown()) await runner.query(statement);
    await runner.query(sql.dropLiveReferenceFunction());
    await runner.query(sql.dropUpdatedAtFunction());
  }
}

class CreateBooks1763800001000 implements MigrationInterface {
  name = 'CreateBooks1763800001000';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create type tier as enum ('free', 'pro')`);
    await runner.query(sql.referenceTable('user_refs', ['display_name text', 'tier tier']));
    await runner.query(sql.touchUpdatedAt('user_refs'));
    for (const statement of sql.keepTombstonesUp(['user_refs'])) await runner.query(statement);
    await runner.query(`create table books (
      id uuid primary key,
      title text not null constraint books_title_check check (length(title) > 0),
      isbn text constraint books_isbn_key unique,
      created_by uuid not null constraint books_created_by_fkey references user_refs,
      lender_id uuid constraint books_lender_id_fkey references user_refs,
      words text[] not null default '{}',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    )`);
    await runner.query('create index books_created_by_idx on books (created_by)');
    await runner.query('create index books_lender_id_idx on books (lender_id) where lender_id is not null');
    await runner.query('create index books_title_trgm_idx on books using gin (lower(title) gin_trgm_ops)');
    await runner.query(sql.touchUpdatedAt('books'));
    await runner.query(sql.requireLiveReference('books', 'created_by', 'user_refs'));
    await runner.query(sql.requireLiveReference('books', 'lender_id', 'user_refs'));
    await runner.query(`create table stars (
      user_id uuid references user_refs,
      book_id uuid references books on delete cascade,
      created_at timestamptz not null default now(),
      primary key (user_id, book_id)
    )`);
    await runner.query('create index stars_book_id_idx on stars (book_id)');
    await runner.query(sql.requireLiveReference('stars', 'user_id', 'user_refs'));
  }
  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['stars', 'books', 'user_refs']) await runner.query(`drop table ${table}`);
    await runner.query('drop type tier');
    for (const statement of sql.keepTombstonesDown([])) await runner.query(statement);
  }
}

class CreateReadings1763800002000 implements MigrationInterface {
  name = 'CreateReadings1763800002000';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table readings (
      id uuid,
      created_at timestamptz not null default now(),
      page integer not null,
      primary key (id, created_at)
    ) partition by range (created_at)`);
    await runner.query('create index readings_created_at_idx on readings (created_at)');
    await runner.query('revoke update, delete on readings from workers_app');
    await runner.query(sql.partitionPolicy({ table: 'readings', step: 'day', ahead: 3, keepDays: 30 }));
    await runner.query(sql.makePartitions('readings'));
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(sql.removePartitionPolicy('readings'));
    await runner.query('drop table readings');
  }
}

export const library = defineDatabase({
  service: 'workers',
  entities: [UserRef, Star, Book, Reading],
  migrations: [CreatePlatform1763800000000, CreateBooks1763800001000, CreateReadings1763800002000],
  partitions: [{ table: 'readings', step: 'day', ahead: 3, keepDays: 30 }],
  unchangingTables: { stars: 'a star is given or taken back', readings: 'a page was read' },
});

/** Carries out every deletion that is asked for, in batches of `limit`; what was completed, in order. */
export async function sweepLibrary(dataSource: DataSource, limit?: number): Promise<CompletedSweep[]> {
  const completed: CompletedSweep[] = [];
  const options = {
    ...(limit !== undefined && { limit }),
    completed: async (_tx: Transaction, sweep: CompletedSweep) => {
      completed.push(sweep);
    },
  };
  while ((await sweepOnce(dataSource, library, options)) !== 'idle');
  return completed;
}
