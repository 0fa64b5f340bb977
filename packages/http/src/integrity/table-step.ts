import { isDeepStrictEqual } from 'node:util';
import {
  type InspectedReference,
  openSweeps,
  type ReferenceDeclaration,
  type ReferenceTableDeclaration,
  referencePage,
  referencesByIds,
  referringRows,
} from '@hivesync/database';
import type { ResolvedReference } from '../references/resolve-schemas.ts';
import type { IntegrityKind } from './schemas.ts';
import type { Step, StepParts, Suspect } from './step.ts';

/** A reference table side by side with its owner's list. */
export function tableStep(
  { source, owners, requestId, batch }: StepParts,
  table: ReferenceTableDeclaration,
  columns: readonly ReferenceDeclaration[],
): Step {
  const swept = columns.filter(({ onDelete }) => onDelete !== 'keep');

  /** Of the tombstones, those to which rows still point that the finished sweep should have taken along. */
  async function unswept(rows: readonly InspectedReference[]): Promise<Set<string>> {
    const tombstones = rows.filter(({ state }) => state === 'deleted').map(({ id }) => id);
    const pointedAt = new Set<string>();
    if (tombstones.length === 0) return pointedAt;
    for (const column of swept) {
      for (const id of (await referringRows(source, column, tombstones)).keys()) pointedAt.add(id);
    }
    if (pointedAt.size === 0) return pointedAt;
    for (const id of await openSweeps(source, table.aggregate, [...pointedAt])) pointedAt.delete(id);
    return pointedAt;
  }

  async function compare(here: readonly InspectedReference[], there: readonly ResolvedReference[]) {
    const theirs = new Map(there.map((one) => [one.id, one]));
    const ours = new Map(here.map((one) => [one.id, one]));
    const left = await unswept(here);
    return [...new Set([...ours.keys(), ...theirs.keys()])].flatMap((id): Suspect[] => {
      const pair = { here: ours.get(id), there: theirs.get(id) };
      const kind = verdict(pair.here, pair.there) ?? (left.has(id) ? 'unswept' : null);
      return kind ? [{ step, id, kind, ...pair }] : [];
    });
  }

  const step: Step = {
    name: table.aggregate,
    table,
    columns,
    async look(after) {
      const [here, there] = await Promise.all([
        referencePage(source, table, after, batch),
        owners.list(table.aggregate, { after, limit: batch }, { requestId }),
      ]);
      // A page that is full says nothing of what comes after its last id.
      const ends = [here, there].filter((page) => page.length >= batch).map((page) => page.at(-1)!.id);
      const end = ends.sort()[0] ?? null;
      const seen = <Row extends { id: string }>(rows: Row[]) => rows.filter(({ id }) => !end || id <= end);
      const ours = seen(here);
      return {
        suspects: await compare(ours, seen(there)),
        examined: ours.length,
        next: end,
      };
    },
    async recheck(suspects) {
      const ids = suspects.map(({ id }) => id);
      // Ours first: whatever the owner has changed since then cannot make ours look too old by itself.
      const here = await referencesByIds(source, table, ids);
      const there = await owners.resolve(table.aggregate, ids, { requestId });
      const before = new Map(suspects.map((suspect) => [suspect.id, suspect]));
      return (await compare(here, there)).filter(({ id, kind, here: now }) => {
        const then = before.get(id);
        return then?.kind === kind && then.here?.version === now?.version;
      });
    },
  };
  return step;
}

function verdict(
  here: InspectedReference | undefined,
  there: ResolvedReference | undefined,
): IntegrityKind | null {
  if (!here) return 'missing';
  if (here.state === 'deleted') return there ? 'buried' : null;
  if (!there) return 'dangling';
  // An older version with the same fields is in order: not every change is of a field that is kept here.
  return here.version > there.version || staleFields(here, there).length > 0 ? 'stale' : null;
}

/** The fields that differ from the owner's. One that the owner does not tell is not compared. */
export function staleFields(here: InspectedReference, there: ResolvedReference): string[] {
  return Object.entries(here.fields)
    .filter(([field, value]) => field in there.data && !isDeepStrictEqual(value, there.data[field] ?? null))
    .map(([field]) => field);
}
