import { correctReferences, type DataSource, meetReferences, transaction } from '@hivesync/database';
import type { Step, Suspect } from './step.ts';

const batch = 500;

/**
 * Writes what the owner has as the owner says it: what is stale or missing. A tombstone of something that exists is
 * left to a person: what the deletion removed is gone.
 * @returns the suspects that were repaired
 */
export async function writeSuspects(
  dataSource: DataSource,
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
