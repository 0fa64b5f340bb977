import type { AggregateName } from '@hivesync/contracts';
import { identifier, literal } from '../query.ts';

/**
 * What a table is for and what its columns mean, as `comment on` statements: psql's `\d+` shows them, and so does
 * `docs/data-ownership.md`. They go with their table. Columns whose name says it all are left out.
 */
export function comments(
  table: string,
  purpose: string,
  columns: Readonly<Record<string, string>> = {},
): string[] {
  return [
    `comment on table ${identifier(table)} is ${literal(purpose)}`,
    ...Object.entries(columns).map(
      ([column, meaning]) =>
        `comment on column ${identifier(table)}.${identifier(column)} is ${literal(meaning)}`,
    ),
  ];
}

/** As {@link comments}, for a reference table; `columns` are the fields it keeps fresh. */
export function referenceTableComments(
  table: string,
  aggregate: AggregateName,
  columns: Readonly<Record<string, string>> = {},
): string[] {
  return comments(
    table,
    `What is known here of ${aggregate}, which another service owns: the target of foreign keys, so that none crosses a schema. Kept in step by events.`,
    {
      id: 'Id of the aggregate, given by its owner.',
      state: 'active, or deleted: a tombstone, which stays so that a late write is refused.',
      version:
        'Version of the aggregate that was applied last, so that nothing older overwrites it; 0 where only the id is known.',
      deleted_at: 'When the deletion was applied here.',
      ...columns,
    },
  );
}
