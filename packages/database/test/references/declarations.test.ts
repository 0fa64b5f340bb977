import { describe, expect, it } from 'vitest';
import { referenceDeclarations, referenceTables } from '../../src/index.ts';
import { Book, library, Star, UserRef } from '../library.ts';

describe('declarations', () => {
  it('are read without a data source, with the names that the columns have', () => {
    const user = { refEntity: UserRef, refTable: 'user_refs', aggregate: 'identity.user' };
    expect(referenceDeclarations(library)).toEqual([
      {
        entity: Star,
        table: 'stars',
        column: 'user_id',
        propertyName: 'userId',
        onDelete: 'cascade',
        exports: 'row',
        ...user,
      },
      {
        entity: Book,
        table: 'books',
        column: 'created_by',
        propertyName: 'createdBy',
        onDelete: 'keep',
        exports: 'row',
        ...user,
      },
      {
        entity: Book,
        table: 'books',
        column: 'lender_id',
        propertyName: 'lenderId',
        onDelete: 'set null',
        exports: 'row',
        ...user,
      },
    ]);
    expect(referenceTables(library)).toEqual([
      {
        entity: UserRef,
        table: 'user_refs',
        aggregate: 'identity.user',
        keepsFresh: { display_name: 'display_name', tier: 'tier' },
      },
    ]);
  });

  it('refuse a reference to a table that the service does not have', () => {
    expect(() => referenceDeclarations({ ...library, entities: [Star] })).toThrow(
      'Star.userId refers to UserRef, which is not a reference table among the entities of workers',
    );
  });
});
