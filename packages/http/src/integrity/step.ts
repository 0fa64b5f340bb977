import type {
  InspectedReference,
  ReferenceDeclaration,
  ReferenceTableDeclaration,
  Transaction,
} from '@hivesync/database';
import type { ReferenceOwners } from '../references/reference-owners.ts';
import type { ResolvedReference } from '../references/resolve-schemas.ts';
import type { IntegrityKind } from './schemas.ts';

/** What every step of an audit works with. */
export interface StepParts {
  source: Transaction;
  owners: ReferenceOwners;
  requestId: string;
  /** Rows in a page. */
  batch: number;
}

/** An id that was seen to be wrong, with what was seen. */
export interface Suspect {
  step: Step;
  id: string;
  kind: IntegrityKind;
  /** The row of the reference table; absent where there is none. */
  here?: InspectedReference | undefined;
  /** What the owner says; absent where it has none. */
  there?: ResolvedReference | undefined;
}

/** Whether it can only be put right by deleting: the owner has none of that id, or it was deleted already. */
export const needsDeletion = ({ kind, there }: Suspect): boolean =>
  kind === 'dangling' || kind === 'unswept' || (kind === 'unmet' && there === undefined);

/** What a page shows. */
export interface Looked {
  suspects: Suspect[];
  /** Rows. */
  examined: number;
  /** After which id to go on, null at the end. */
  next: string | null;
}

/** One reference table, or one column that refers to one. */
export interface Step {
  /** In cursors: the aggregate's name, or `table.column`. */
  name: string;
  table: ReferenceTableDeclaration;
  /** The columns whose rows are concerned by what this step finds. */
  columns: readonly ReferenceDeclaration[];
  /** Looks at one page. */
  look(after: string | null): Promise<Looked>;
  /** Those of at most 1,000 suspects that are wrong in the same way and have not moved, as they are now. */
  recheck(suspects: readonly Suspect[]): Promise<Suspect[]>;
}
