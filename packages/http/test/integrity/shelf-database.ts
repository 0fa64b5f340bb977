import type { Id, UserId } from '@hivesync/contracts';
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
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('user_refs')
@ReferenceTable('identity.user', { keepsFresh: { display_name: 'display_name' } })
export class UserRef extends ReferenceRow<UserId> {
  @Column({ name: 'display_name', type: 'text', nullable: true })
  @DataClass('personal')
  displayName!: string | null;
}

/** A book, with one reference of each policy. */
@Entity('books')
export class Book {
  @PrimaryColumn({ name: 'id', type: 'uuid' })
  id!: Id<'Book'>;

  @Column({ name: 'owner_id', type: 'uuid' })
  @References(() => UserRef, { onDelete: 'cascade' })
  ownerId!: UserId;

  @Column({ name: 'reader_id', type: 'uuid', nullable: true })
  @References(() => UserRef, { onDelete: 'set null' })
  readerId!: UserId | null;

  @Column({ name: 'author_id', type: 'uuid', nullable: true })
  @References(() => UserRef, { onDelete: 'keep' })
  authorId!: UserId | null;
}

class CreateShelf1763800000000 implements Migration {
  readonly name = 'CreateShelf1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    const columns = ['owner_id', 'reader_id', 'author_id'];
    for (const statement of [
      ...platformTablesUp(),
      ...feedEpochsUp('projects'),
      ...unknownEventsUp(),
      sql.updatedAtFunction(),
      sql.liveReferenceFunction(),
      ...sql.referenceSweepsUp(),
      ...forgettingUp('projects'),
      sql.referenceTable('user_refs', ['display_name text']),
      ...sql.keepTombstonesUp(['user_refs']),
      `create table books (
        id uuid not null,
        owner_id uuid not null,
        reader_id uuid,
        author_id uuid,
        constraint books_pkey primary key (id),
        ${columns.map((column) => `constraint books_${column}_fkey foreign key (${column}) references user_refs (id)`).join(',\n')}
      )`,
      ...columns.map((column) => `create index books_${column}_idx on books (${column})`),
      ...columns.map((column) => sql.requireLiveReference('books', column, 'user_refs')),
    ]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [
      'drop table books',
      'drop table user_refs',
      ...sql.keepTombstonesDown([]),
      ...forgettingDown(),
      ...sql.referenceSweepsDown(),
      ...unknownEventsDown(),
      ...feedEpochsDown(),
      ...platformTablesDown(),
    ]) {
      await runner.query(statement);
    }
  }
}

/** A service of its own, so that these tests follow no other package's tables. */
export const shelfDatabase = defineDatabase({
  service: 'projects',
  entities: [UserRef, Book],
  migrations: [CreateShelf1763800000000],
});
