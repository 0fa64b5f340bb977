/** More than any writing has (the Stream-Safe Text Format of UAX #15); to order them takes time by their square. */
const manyMarks = /(\p{M}{30})\p{M}+/gu;

/**
 * Text without regard to case, form and variant of its letters: two texts that people read as the same fold to the
 * same. Searching, ranking and highlights all go by it, and nothing of it is asked of the database, whose idea of
 * lower case follows from its version and locale.
 *
 * Unicode's full case folding of the NFKC form (`ß` is `ss`, both lower-case sigmas are one), with one rule more: the
 * four letters i of Turkish are one, as nobody says in which language they search. Of the marks on one letter 30 count.
 */
export function fold(text: string): string {
  // Lower first, for capital letters whose small one has no capital of one letter (`ẞ`); and once more after all.
  return text
    .replace(manyMarks, '$1')
    .normalize('NFKC')
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .replaceAll('i\u0307', 'i')
    .normalize('NFKC');
}

/** What folds as one: a letter with the marks on it, or a Korean syllable in its parts. */
const cluster = /[\u1100-\u115f][\u1160-\u11a7]?[\u11a8-\u11ff]?|\P{M}\p{M}*|\p{M}+/gu;

/** A folded text, and for each of its UTF-16 code units where in the original stands what it was made of. */
export interface Folded {
  text: string;
  starts: readonly number[];
  ends: readonly number[];
}

export function foldWithPlaces(text: string): Folded {
  const [starts, ends]: [number[], number[]] = [[], []];
  const known = new Map<string, string>();
  let folded = '';
  for (const { 0: part, index } of text.matchAll(cluster)) {
    const one = known.get(part) ?? fold(part);
    known.set(part, one);
    folded += one;
    for (let at = 0; at < one.length; at += 1) {
      starts.push(index);
      ends.push(index + part.length);
    }
  }
  return { text: folded, starts, ends };
}
