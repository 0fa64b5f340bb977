/** Each way to get a declaration or its migration wrong, and what names it. */
import {
  defineDatabase,
  type EntityClass,
  ReferenceRow,
  References,
  ReferenceTable,
  referenceDeclarations,
  schemaDrift,
  schemaRules,
} from '@hivesync/database';
import { defineSubscriptions } from '@hivesync/events';
import { testDatabase } from '@hivesync/testing';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { describe, expect, test } from 'vitest';
import { idsFor } from '../../src/index.ts';
import { Loan, ProjectRef, scratchDatabase, UserRef } from './scratch-database.ts';

const idsUnknown = 'is no foreign key, no declared reference, and not among plainIds';

describe('the migration', () => {
  test.each([
    ['an id that is not declared', 'alter table loans add seen_by uuid', `loans.seen_by: ${idsUnknown}`],
    ['an id by another name', 'alter table loans add assignee uuid', `loans.assignee: ${idsUnknown}`],
    ['ids in an array', 'alter table loans add reviewers uuid[]', `loans.reviewers: ${idsUnknown}`],
    ['ids as text', 'alter table loans add reviewer_ids text[]', `loans.reviewer_ids: ${idsUnknown}`],
    [
      'an id in a key of its own',
      'create table guests (guest uuid primary key)',
      `guests.guest: ${idsUnknown}`,
    ],
    [
      'a foreign key that is not declared',
      'alter table loans add owner uuid references user_refs',
      'loans.owner: refers to user_refs without @References',
    ],
    [
      'a foreign key of two columns',
      `alter table user_refs add unique (id, state);
       alter table loans add state text;
       alter table loans add foreign key (borrower_id, state) references user_refs (id, state)`,
      'loans: foreign key loans_borrower_id_state_fkey refers to user_refs by (borrower_id, state): a reference is one column',
    ],
    [
      'no foreign key',
      'alter table loans drop constraint loans_witness_fkey',
      'loans.witness: is declared a reference but has no foreign key to user_refs',
    ],
    [
      'a foreign key to another reference table',
      `alter table loans drop constraint loans_witness_fkey;
       alter table loans add constraint loans_witness_fkey foreign key (witness) references project_refs`,
      'loans.witness: is declared a reference but has no foreign key to user_refs',
    ],
    [
      'another type',
      `drop trigger loans_witness_live on loans;
       alter table loans drop constraint loans_witness_fkey;
       alter table loans alter witness type text`,
      'loans.witness: is declared a reference but has no foreign key to user_refs',
    ],
    [
      'no column',
      'alter table loans drop column witness cascade',
      'loans.witness: is declared a reference but has no foreign key to user_refs',
    ],
    [
      'no index',
      'drop index loans_witness_idx',
      'loans: foreign key loans_witness_fkey has no index that leads with (witness)',
    ],
    [
      'no trigger',
      'drop trigger loans_witness_live on loans',
      'loans.witness: lacks the trigger that requires a live reference',
    ],
    [
      'a trigger that looks at another reference table',
      `drop trigger loans_witness_live on loans;
       create trigger loans_witness_live before insert or update of witness on loans
       for each row execute function require_live_reference('witness', 'project_refs', 'loans_witness_fkey')`,
      'loans.witness: lacks the trigger that requires a live reference',
    ],
    [
      'a reference table whose tombstones can be revived',
      'drop trigger project_refs_keep_tombstones on project_refs',
      'project_refs: lacks the trigger that keeps its tombstones',
    ],
    [
      'a reference table whose tombstones can be removed',
      `drop trigger user_refs_keep_tombstones on user_refs;
       create trigger user_refs_keep_tombstones before update on user_refs
       for each row execute function keep_tombstones()`,
      'user_refs: lacks the trigger that keeps its tombstones',
    ],
    [
      'a field kept fresh that a tombstone cannot do without',
      'alter table user_refs alter tier set not null',
      'user_refs.tier: is kept fresh but cannot be null in a tombstone',
    ],
    [
      'set null on a column that cannot be null',
      'alter table loans alter approved_by set not null',
      'loans.approved_by: is declared set null but cannot be null',
    ],
    [
      'cascade on a row that another one holds',
      'create table pages (loan_id uuid references loans)',
      'loans.borrower_id: is declared cascade, but pages_loan_id_fkey of pages would hold the row: say in cascades how both go',
    ],
  ])('%s', async (_what, change, finding) => {
    const database = await testDatabase(scratchDatabase);
    await database.query(`set search_path = workers, public; ${change}`);
    expect(await schemaRules(database.adminUrl, scratchDatabase)).toContain(finding);
  });

  test('and the entity differ in type', async () => {
    const database = await testDatabase(scratchDatabase);
    await database.query(
      `set search_path = workers, public;
       drop trigger loans_witness_live on loans;
       alter table loans drop constraint loans_witness_fkey;
       alter table loans alter witness type text`,
    );
    expect(await schemaDrift(await database.dataSource(scratchDatabase), scratchDatabase)).toEqual(
      expect.arrayContaining([
        'loans: column witness type: the entity says uuid, the schema text',
        'loans: foreign key loans_witness_fkey is declared by an entity but not in the schema',
      ]),
    );
  });
});

describe('the declaration', () => {
  const withEntities = (...entities: EntityClass[]) => defineDatabase({ ...scratchDatabase, entities });

  test('on a property that is no column', () => {
    @Entity('parcels')
    class Parcel {
      @PrimaryColumn({ type: 'uuid' })
      id!: string;

      @References(() => UserRef, { onDelete: 'keep' })
      sender!: string;
    }
    expect(() => referenceDeclarations(withEntities(UserRef, Parcel))).toThrow(
      'Parcel.sender is not a column: it lacks @Column',
    );
  });

  test('to what is no reference table, or not one of this service', () => {
    @Entity('parcels')
    class Parcel {
      @PrimaryColumn({ type: 'uuid' })
      id!: string;

      @Column({ type: 'uuid' })
      @References(() => Loan, { onDelete: 'keep' })
      loanId!: string;
    }
    expect(() => referenceDeclarations(withEntities(UserRef, ProjectRef, Loan, Parcel))).toThrow(
      'Loan is not a reference table: it lacks @ReferenceTable',
    );
    expect(() => referenceDeclarations(withEntities(UserRef, Loan))).toThrow(
      'Loan.projectId refers to ProjectRef, which is not a reference table among the entities of workers',
    );
  });

  test('of one aggregate twice', () => {
    @Entity('person_refs')
    @ReferenceTable('identity.user')
    class PersonRef extends ReferenceRow {}
    expect(() => referenceDeclarations(withEntities(UserRef, PersonRef))).toThrow(
      'workers: identity.user has two reference tables',
    );
  });

  test('of a field to keep fresh that no event of the owner has', () => {
    @Entity('project_refs')
    @ReferenceTable('projects.project', { keepsFresh: { title: 'name' } })
    class TitledRef extends ReferenceRow {}
    expect(() => defineSubscriptions({ database: withEntities(TitledRef) })).toThrow(
      'project_refs: no event of projects.project has all that is kept fresh: title',
    );
  });

  test('that a route believes in, and is not there', () => {
    expect(() => idsFor(Loan, { title: 'Dune' })).toThrow(
      'Loan declares no reference title: it lacks @References',
    );
    expect(
      idsFor(Loan, { borrower_id: 'a', witness: null, project_id: undefined }, '/loans/3'),
    ).toMatchObject([{ field: 'body/loans/3/borrower_id', id: 'a', declaration: { refEntity: UserRef } }]);
  });

  test('as it is has all its handlers, and the owners as sources', () => {
    const subscriptions = defineSubscriptions({ database: withEntities(UserRef, ProjectRef, Loan) });
    expect(subscriptions.sources).toEqual(['identity', 'projects']);
    const types = ['identity.user.registered', 'identity.user.updated', 'identity.user.deleted'].concat(
      ['created', 'updated', 'deleted'].map((what) => `projects.project.${what}`),
    );
    expect(types.map((type) => subscriptions.handlersOf(type).length)).toEqual(types.map(() => 1));
  });
});
