import {
  type ReferenceDeclaration,
  referencesByIds,
  referenceTableOf,
  referringRows,
  unmetPage,
} from '@hivesync/database';
import type { Step, StepParts, Suspect } from './step.ts';

/** Rows in a page: they stay in the database, which answers with the ids that it does not know. */
const rowsInPage = 10_000;

/** A column that refers to a reference table, along its index. */
export function columnStep(
  { source, owners, requestId, batch }: StepParts,
  declaration: ReferenceDeclaration,
): Step {
  const table = referenceTableOf(declaration.refEntity);
  const step: Step = {
    name: `${declaration.table}.${declaration.column}`,
    table,
    columns: [declaration],
    async look(after) {
      const { ids, ...page } = await unmetPage(source, declaration, after, Math.min(rowsInPage, batch * 10));
      return { ...page, suspects: ids.map((id): Suspect => ({ step, id, kind: 'unmet' })) };
    },
    async recheck(suspects) {
      const ids = suspects.map(({ id }) => id);
      const known = new Set((await referencesByIds(source, table, ids)).map(({ id }) => id));
      const rows = await referringRows(source, declaration, ids);
      const there = await owners.resolve(table.aggregate, ids, { requestId });
      return suspects
        .filter(({ id }) => rows.has(id) && !known.has(id))
        .map((suspect) => ({ ...suspect, there: there.find(({ id }) => id === suspect.id) }));
    },
  };
  return step;
}
