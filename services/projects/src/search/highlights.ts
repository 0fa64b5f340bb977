export interface Highlight {
  start: number;
  end: number;
}

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/**
 * Where the query stands in the text, without regard to case: all of it, else each of its words of two
 * characters or more. Positions are UTF-16 code units, in order and without overlap. Nothing is marked up, so
 * that what people wrote is never mixed with what we add.
 */
export function highlightsOf(text: string, query: string): Highlight[] {
  const whole = positions(text, [query]);
  return whole.length > 0 ? whole : positions(text, query.split(/\s+/u));
}

function positions(text: string, parts: readonly string[]): Highlight[] {
  const wanted = parts.filter((part) => [...part].length >= 2).sort((a, b) => b.length - a.length);
  if (wanted.length === 0) return [];
  const pattern = new RegExp(wanted.map(literal).join('|'), 'giu');
  return [...text.matchAll(pattern)].map(({ index, 0: match }) => ({
    start: index,
    end: index + match.length,
  }));
}
