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

export type NoteId = Id<'Note'>;

@Entity('user_refs')
@ReferenceTable('identity.user', { keepsFresh: { display_name: 'display_name' } })
export class UserRef extends ReferenceRow<UserId> {
  @Column({ name: 'display_name', type: 'text', nullable: true })
  displayName!: string | null;
}

@Entity('notes')
export class Note {
  @PrimaryColumn({ name: 'id', type: 'uuid' })
  id!: NoteId;

  @Column({ name: 'reader_id', type: 'uuid' })
  @References(() => UserRef, { onDelete: 'cascade' })
  readerId!: UserId;

  @Column({ name: 'text', type: 'text' })
  @DataClass('private')
  text!: string;

  @Column({ name: 'version', type: 'integer', default: 1 })
  version!: number;
}

class CreateNotes1763800000000 implements Migration {
  readonly name = 'CreateNotes1763800000000';

  async up(runner: QueryRunner): Promise<void> {
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
      `create table notes (
        id uuid not null,
        reader_id uuid not null,
        text text not null,
        version integer not null default 1,
        constraint notes_pkey primary key (id),
        constraint notes_text_key unique (text),
        constraint notes_version_check check (version > 0),
        constraint notes_reader_id_fkey foreign key (reader_id) references user_refs (id)
      )`,
      sql.requireLiveReference('notes', 'reader_id', 'user_refs'),
    ]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of [
      'drop table notes',
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

/** A small service of its own, so that these tests follow no other package's tables. */
export const notesDatabase = defineDatabase({
  service: 'projects',
  entities: [UserRef, Note],
  migrations: [CreateNotes1763800000000],
});
