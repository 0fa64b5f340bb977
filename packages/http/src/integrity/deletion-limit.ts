import type { IntegrityTally } from './schemas.ts';

const usualDeletions = 1_000;
const alwaysAllowed = 10;
const share = 0.1;

/**
 * Why a repair deletes nothing: the tallies that are too much to believe, none where it may go on. More likely than
 * so many deletions that did not arrive is an owner who was restored from an older state, or is the wrong one.
 *
 * Too much are more than 1,000 ids together, and of one column more than a tenth of the live ids that were looked at
 * where that is more than 10, or all of several. The share is of what was looked at, not of the whole table, so it
 * holds slice by slice without anything remembered: an owner who is wrongly empty has none of the ids in any slice. A
 * limit that an operator names takes the place of all this.
 */
export function tooMany(tallies: readonly IntegrityTally[], maxDeletions?: number): IntegrityTally[] {
  const unknown = tallies.filter((tally) => tally.unknown > 0);
  if (idsUnknown(unknown) > (maxDeletions ?? usualDeletions)) return unknown;
  if (maxDeletions !== undefined) return [];
  return unknown.filter(
    (tally) =>
      tally.unknown > tally.of * share &&
      (tally.unknown > alwaysAllowed || (tally.unknown === tally.of && tally.of > 1)),
  );
}

/** Ids together that owners do not have; one that several columns hold counts for each. */
export const idsUnknown = (tallies: readonly IntegrityTally[]): number =>
  tallies.reduce((total, { unknown }) => total + unknown, 0);
