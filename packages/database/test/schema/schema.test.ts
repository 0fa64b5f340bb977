import { type TestDatabase, testDatabase } from '@hivesync/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { type DataSource, defineDatabase, schemaDrift, schemaReport, schemaRules } from '../../src/index.ts';
import { library } from '../library.ts';

let database: TestDatabase;
let app: DataSource;

beforeAll(async () => {
  database = await testDatabase(library);
  app = await database.dataSource(library);
});

/** What the three say after a change of the schema, which is undone again. */
async function after<T>(change: string, undo: string, look: () => Promise<T>): Promise<T> {
  await database.query(`set search_path = workers, public; ${change}`);
  try {
    return await look();
  } finally {
    await database.query(`set search_path = workers, public; ${undo}`);
  }
}

describe('schemaDrift', () => {
  it('finds none where entities and migrations agree', async () => {
    expect(await schemaDrift(app, library)).toEqual([]);
  });

  it.each([
    [
      'alter table books add column extra integer',
      'alter table books drop column extra',
      'books: column extra is in the schema but declared by no entity',
    ],
    [
      'alter table books rename words to tags',
      'alter table books rename tags to words',
      'books: column words is declared by an entity but not in the schema',
    ],
    [
      'alter table books alter title type varchar(9)',
      'alter table books alter title type text',
      'books: column title type: the entity says text, the schema character varying(9)',
    ],
    [
      'alter table books alter title drop not null',
      'alter table books alter title set not null',
      'books: column title nullable: the entity says false, the schema true',
    ],
    [
      'alter table books alter words drop default',
      `alter table books alter words set default '{}'`,
      'books: column words has a default: the entity says true, the schema false',
    ],
    [
      `alter type tier rename value 'pro' to 'plus'`,
      `alter type tier rename value 'plus' to 'pro'`,
      'user_refs: column tier labels: the entity says (free, pro), the schema (free, plus)',
    ],
    [
      'create table leftovers (id uuid)',
      'drop table leftovers',
      'table leftovers is in the schema but declared by no entity',
    ],
    [
      'drop index books_created_by_idx',
      'create index books_created_by_idx on books (created_by)',
      'books: index books_created_by_idx is declared by an entity but not in the schema',
    ],
    [
      'create index books_words_idx on books (words)',
      'drop index books_words_idx',
      'books: index books_words_idx is in the schema but declared by no entity',
    ],
    [
      'drop index books_lender_id_idx; create index books_lender_id_idx on books (lender_id)',
      'drop index books_lender_id_idx; create index books_lender_id_idx on books (lender_id) where lender_id is not null',
      'books: index books_lender_id_idx is partial: the entity says true, the schema false',
    ],
    [
      'alter table books drop constraint books_isbn_key',
      'alter table books add constraint books_isbn_key unique (isbn)',
      'books: index books_isbn_key is declared by an entity but not in the schema',
    ],
    [
      'alter table books drop constraint books_title_check',
      `alter table books add constraint books_title_check check (length(title) > 0)`,
      'books: check books_title_check is declared by an entity but not in the schema',
    ],
    [
      'alter table user_refs drop constraint user_refs_state_check',
      `alter table user_refs add constraint user_refs_state_check check (state in ('active', 'deleted'))`,
      'user_refs: check user_refs_state_check is declared by an entity but not in the schema',
    ],
    [
      'alter table stars drop constraint stars_book_id_fkey; alter table stars add foreign key (book_id) references books',
      'alter table stars drop constraint stars_book_id_fkey; alter table stars add foreign key (book_id) references books on delete cascade',
      'stars: foreign key stars_book_id_fkey on delete: the entity says CASCADE, the schema NO ACTION',
    ],
    [
      'alter table stars drop constraint stars_pkey; alter table stars add primary key (book_id)',
      'alter table stars drop constraint stars_pkey; alter table stars add primary key (user_id, book_id)',
      'stars: primary key: the entity says (book_id, user_id), the schema (book_id)',
    ],
    [
      'update partition_policies set ahead = 5',
      'update partition_policies set ahead = 3',
      'partition policy readings by day, 3 ahead, kept 30 days is declared by an entity but not in the schema',
    ],
  ])('sees: %s', async (change, undo, finding) => {
    expect(await after(change, undo, () => schemaDrift(app, library))).toContain(finding);
  });
});

describe('schemaRules', () => {
  it('finds nothing against a schema that keeps them, by URL as well as by data source', async () => {
    expect(await schemaRules(app, library)).toEqual([]);
    expect(await schemaRules(database.appUrl('workers'), library)).toEqual([]);
  });

  it.each([
    [
      'drop index stars_book_id_idx',
      'create index stars_book_id_idx on stars (book_id)',
      'stars: foreign key stars_book_id_fkey has no index that leads with (book_id)',
    ],
    [
      'drop index books_lender_id_idx; create index books_lender_id_idx on books (lender_id) where title is null',
      'drop index books_lender_id_idx; create index books_lender_id_idx on books (lender_id) where lender_id is not null',
      'books: foreign key books_lender_id_fkey has no index that leads with (lender_id)',
    ],
    [
      'create table pages (book_id uuid references books on delete cascade); alter table books add parent_id uuid references books on delete cascade',
      'drop table pages; alter table books drop parent_id',
      'books: deletes cascade through books_parent_id_fkey and on through pages_book_id_fkey of pages',
    ],
    [
      'create table audit.facts (id uuid primary key); alter table books add fact uuid references audit.facts',
      'alter table books drop fact; drop table audit.facts',
      'books: foreign key books_fact_fkey leaves the schema for audit',
    ],
    ['create table notes (text text)', 'drop table notes', 'notes: has no primary key'],
    ['create table notes (text text)', 'drop table notes', 'notes: has no created_at'],
    [
      'create table notes (text text)',
      'drop table notes',
      'notes: has no updated_at and is not among unchangingTables',
    ],
    [
      'drop trigger books_set_updated_at on books',
      'create trigger books_set_updated_at before update on books for each row execute function set_updated_at()',
      'books: has updated_at but no trigger that moves it',
    ],
    [
      'alter table books add seen_by uuid',
      'alter table books drop seen_by',
      'books.seen_by: is no foreign key, no declared reference, and not among plainIds',
    ],
    [
      'alter table books add seen_by uuid references user_refs',
      'alter table books drop seen_by',
      'books.seen_by: refers to user_refs without @References',
    ],
    [
      'alter table books alter lender_id set not null',
      'alter table books alter lender_id drop not null',
      'books.lender_id: is declared set null but cannot be null',
    ],
    [
      'alter table books add keeper uuid',
      'alter table books drop keeper',
      'books.keeper: is no foreign key, no declared reference, and not among plainIds',
    ],
    [
      'drop trigger books_lender_id_live on books',
      `create trigger books_lender_id_live before insert or update of lender_id on books for each row execute function require_live_reference('lender_id', 'user_refs', 'books_lender_id_fkey')`,
      'books.lender_id: lacks the trigger that requires a live reference',
    ],
    [
      'alter table books drop constraint books_lender_id_fkey',
      'alter table books add constraint books_lender_id_fkey foreign key (lender_id) references user_refs',
      'books.lender_id: is declared a reference but has no foreign key to user_refs',
    ],
    [
      'drop trigger user_refs_keep_tombstones on user_refs',
      `create trigger user_refs_keep_tombstones before update or delete on user_refs for each row when (old.state = 'deleted') execute function keep_tombstones()`,
      'user_refs: lacks the trigger that keeps its tombstones',
    ],
    [
      'alter table user_refs alter display_name set not null',
      'alter table user_refs alter display_name drop not null',
      'user_refs.display_name: is kept fresh but cannot be null in a tombstone',
    ],
  ])('refuses: %s', async (change, undo, finding) => {
    expect(await after(change, undo, () => schemaRules(app, library))).toContain(finding);
  });

  it('refuses an exception that excuses nothing', async () => {
    const loose = defineDatabase({ ...library, plainIds: { 'books.shelf_id': 'gone' } });
    expect(await schemaRules(app, loose)).toEqual(['plainIds names books.shelf_id, which is no column']);
    const cascades = { 'books.shelf_id': async () => ({}) };
    expect(await schemaRules(app, defineDatabase({ ...library, cascades }))).toEqual([
      'cascades names books.shelf_id, which is no declared reference',
    ]);
  });
});

describe('schemaReport', () => {
  it('shows columns, references, data classes, keys, grants and functions', async () => {
    const report = await schemaReport(app, library);
    for (const line of [
      '| `lender_id` | `uuid` | yes |  | identity.user (set null) |  |',
      '| `display_name` | `text` | yes |  |  | personal |',
      '- `books_created_by_fkey`: `FOREIGN KEY (created_by) REFERENCES user_refs(id)`',
      '- `books_isbn_key`: `unique btree (isbn)`',
      'Partitioned by `range (created_at)`.',
      '| `step` | `text` | no |  |  |  | What one partition spans, in UTC: day, week or month. |',
      '## `partition_policies`\n\nWhich partitions are made ahead',
      '- `workers_app`: `insert, select`',
      '- `ensure_partitions(parent text, moment timestamp with time zone)` returns `integer`; runs as its owner with `search_path=workers, pg_temp`; may be called by workers_app',
    ]) {
      expect(report).toContain(line);
    }
    expect(report).not.toContain('readings_p2');
  });

  it('is the same for another database with the same schema, whoever reads', async () => {
    const other = await testDatabase(library);
    expect(await schemaReport(other.adminUrl, library)).toBe(await schemaReport(app, library));
  });
});
