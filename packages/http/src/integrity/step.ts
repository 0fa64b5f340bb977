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

/** One reference table, or one column that refers to one. */
export interface Step {
  /** In cursors: the aggregate's name, or `table.column`. */
  name: string;
  table: ReferenceTableDeclaration;
  /** The columns whose rows are concerned by what this step finds. */
  columns: readonly ReferenceDeclaration[];
  /** Looks at one page. `next` is after which id to go on, null at the end. */
  look(after: string | null): Promise<{ suspects: Suspect[]; examined: number; next: string | null }>;
  /** Those of at most 1,000 suspects that are wrong in the same way and have not moved, as they are now. */
  recheck(suspects: readonly Suspect[]): Promise<Suspect[]>;
}
