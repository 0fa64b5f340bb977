import { type TestDatabase, testDatabase } from '@hivesync/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { schemaReport, verifySchema } from '../../src/index.ts';
import { library } from '../library.ts';

let database: TestDatabase;
let committed: string;

beforeAll(async () => {
  database = await testDatabase(library);
  committed = await schemaReport(database.adminUrl, library);
});

const inSchema = (sql: string) => database.query(`set search_path = workers, public; ${sql}`);

describe('verifySchema', () => {
  it('finds nothing where the schema is as committed', async () => {
    expect(await verifySchema(database.adminUrl, library, committed)).toEqual([]);
  });

  it.each([
    ['a dropped index', 'drop index books_title_trgm_idx', 'missing: books: - `books_title_trgm_idx`'],
    ['a dropped table', 'drop table stars', 'missing: stars: ## `stars`'],
    ['a new table', 'create table visitors (id integer)', 'not expected: visitors: ## `visitors`'],
    ['a dropped column', 'alter table books drop column words', 'missing: books: | `words`'],
    [
      'a dropped check',
      'alter table books drop constraint books_title_check',
      'missing: books: - `books_title_check`',
    ],
    [
      'a key that is not validated',
      `alter table books drop constraint books_lender_id_fkey;
      alter table books add constraint books_lender_id_fkey foreign key (lender_id) references user_refs (id) not valid`,
      'constraint books_lender_id_fkey is not validated',
    ],
    ['a trigger that is off', 'alter table books disable trigger user', 'missing: books: - `books_'],
    [
      'a dropped trigger',
      'drop trigger user_refs_keep_tombstones on user_refs',
      'missing: user_refs: - `user_refs_keep_tombstones`',
    ],
    [
      'another body of a function',
      'create or replace function keep_tombstones() returns trigger language plpgsql as $$ begin return new; end $$',
      'missing: Functions: - `keep_tombstones()`',
    ],
    ['a grant too few', 'revoke update on books from workers_app', 'missing: books: - `workers_app`'],
    ['a grant too many', 'grant select on books to billing_app', 'not expected: books: - `billing_app`'],
    [
      'default privileges',
      'alter default privileges for role workers_owner in schema workers revoke select on tables from workers_app',
      'missing: Privileges: - tables in the schema',
    ],
    [
      'the schema open to all',
      'grant usage on schema workers to public',
      'not expected: Privileges: - the schema itself',
    ],
    ['a label of an enum', `alter type tier add value 'gold'`, 'missing: Enum types: - `tier`'],
    [
      'another owner',
      'alter table books owner to postgres',
      'relation books belongs to postgres, not to workers_owner',
    ],
  ])('%s', async (_what, harm, said) => {
    const other = await testDatabase(library);
    await other.query(`set search_path = workers, public; ${harm}`);
    const wrong = await verifySchema(other.adminUrl, library, committed);
    expect(wrong.join('\n')).toContain(said);
    await other.drop();
  });

  it('an index that is there but not valid', async () => {
    await inSchema(`insert into books (id, title, created_by) select gen_random_uuid(), 'Dune', id
      from (values (gen_random_uuid())) as made (id) where false`);
    await database.query(
      `update pg_index set indisvalid = false where indexrelid = 'workers.books_title_trgm_idx'::regclass`,
    );
    expect(await verifySchema(database.adminUrl, library, committed)).toEqual([
      expect.stringMatching(/^missing: books: - `books_title_trgm_idx`/),
      'index books_title_trgm_idx is not valid: drop it and make it again',
    ]);
  });
});
