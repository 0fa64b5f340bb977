import {
  applyReferenceDeleted,
  correctReferences,
  type DataSource,
  lockUnmoved,
  meetReferences,
  requestSweep,
  type ServiceDatabase,
  transaction,
} from '@hivesync/database';
import { isUnknown, type Step, type Suspect } from './step.ts';

export interface RepairOptions {
  dataSource: DataSource;
  database: ServiceDatabase;
  /** False where more ids dangle than is believed. */
  deletes: boolean;
  /** Ends the deletions after the one under way. */
  signal?: AbortSignal | undefined;
}

const batch = 500;

/**
 * Puts right what is wrong: what the owner does not have is deleted here by the policies that its columns declare,
 * what it has is written as it says. Deletions are carried out by the service's sweeper. A tombstone of something that exists is left to a person: what the
 * deletion removed is gone.
 * @returns the suspects that were repaired, or whose repair has begun
 */
export async function repairSuspects(
  { dataSource, database, deletes, signal }: RepairOptions,
  suspects: readonly Suspect[],
): Promise<Set<Suspect>> {
  const repaired = new Set<Suspect>();
  const written = suspects.filter(
    ({ kind, there }) => kind === 'missing' || kind === 'stale' || (kind === 'unmet' && there),
  );
  for (const step of new Set(written.map((suspect) => suspect.step))) {
    const own = written.filter((suspect) => suspect.step === step);
    for (let from = 0; from < own.length; from += batch) {
      for (const suspect of await write(dataSource, step, own.slice(from, from + batch))) {
        repaired.add(suspect);
      }
    }
  }

  const deletions = suspects.filter(
    (suspect) => suspect.kind === 'unswept' || (deletes && isUnknown(suspect)),
  );
  for (const suspect of deletions) {
    // What is left is found again.
    if (signal?.aborted) break;
    const { step, id, here } = suspect;
    const { aggregate } = step.table;
    const version = here?.version ?? 0;
    const begun = await transaction(dataSource, async (tx) => {
      if (suspect.kind === 'dangling' && !(await lockUnmoved(tx, step.table, id, version))) return false;
      await applyReferenceDeleted(tx, database, aggregate, id, version);
      await requestSweep(tx, aggregate, id, version, { again: true });
      return true;
    });
    if (begun) repaired.add(suspect);
  }
  return repaired;
}

async function write(
  dataSource: DataSource,
  { table: { entity } }: Step,
  suspects: readonly Suspect[],
): Promise<Suspect[]> {
  const told = suspects.flatMap((suspect) =>
    suspect.there ? [{ suspect, said: { ...suspect.there, fields: suspect.there.data } }] : [],
  );
  const stale = told.flatMap(({ suspect, said }) =>
    suspect.kind === 'stale' && suspect.here ? [{ ...said, seen: suspect.here.version }] : [],
  );
  const unmet = told.filter(({ suspect }) => suspect.kind !== 'stale');
  const corrected = await transaction(dataSource, async (tx) => {
    await meetReferences(
      tx,
      entity,
      unmet.map(({ said }) => said),
    );
    return new Set(await correctReferences(tx, entity, stale));
  });
  return told
    .filter(({ suspect }) => suspect.kind !== 'stale' || corrected.has(suspect.id))
    .map(({ suspect }) => suspect);
}
