import { fold, foldWithPlaces } from '../folding.ts';

export interface Highlight {
  start: number;
  end: number;
}

/** UTF-16 code units of an excerpt, and how many of them stand before the first match. */
const excerpt = { length: 300, before: 80 };
const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/**
 * Where the query stands in the text, both folded: all of it, else each of its words of two characters or more.
 * Positions are UTF-16 code units of the text as it is, in order and without overlap. Nothing is marked up, so that
 * what people wrote is never mixed with what we add.
 */
export function highlightsOf(text: string, query: string): Highlight[] {
  const folded = fold(query);
  const whole = positions(text, [folded]);
  return whole.length > 0 ? whole : positions(text, folded.split(/\s+/u));
}

function positions(text: string, parts: readonly string[]): Highlight[] {
  const wanted = parts.filter((part) => [...part].length >= 2).sort((a, b) => b.length - a.length);
  if (wanted.length === 0) return [];
  const pattern = new RegExp(wanted.map(literal).join('|'), 'gu');
  const folded = foldWithPlaces(text);
  const found: Highlight[] = [];
  for (const { index, 0: match } of folded.text.matchAll(pattern)) {
    const start = folded.starts[index]!;
    // Half of a `ß` is no place of its own.
    if (start >= (found.at(-1)?.end ?? 0)) found.push({ start, end: folded.ends[index + match.length - 1]! });
  }
  return found;
}

/** The part of a text around the first match, or its beginning; no character is cut in two. */
export function excerptOf(text: string, query: string): string {
  if (text.length <= excerpt.length) return text;
  const first = highlightsOf(text, query)[0]?.start ?? 0;
  const from = Math.max(0, first - excerpt.before);
  return text
    .slice(from, from + excerpt.length)
    .replace(/^[\udc00-\udfff]/, '')
    .replace(/[\ud800-\udbff]$/, '');
}
