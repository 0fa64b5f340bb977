import { expect, test } from 'vitest';
import { excerptOf, highlightsOf } from '../src/search/highlights.ts';

const marked = (text: string, query: string): string[] =>
  highlightsOf(text, query).map(({ start, end }) => text.slice(start, end));

test('marks the whole query, without regard to case', () => {
  expect(highlightsOf('Login fails after login', 'LOGIN')).toEqual([
    { start: 0, end: 5 },
    { start: 18, end: 23 },
  ]);
});

test('marks single words where the query does not stand there as it is', () => {
  expect(marked('Fix the broken login', 'login fix')).toEqual(['Fix', 'login']);
  expect(marked('a big cat', 'a cat')).toEqual(['cat']);
});

test('takes characters of patterns as they are', () => {
  expect(marked('costs $5.00 (net) [ab] a|b c-d e/f', '$5.00 (net)')).toEqual(['$5.00 (net)']);
  for (const text of ['[ab]', 'a|b', 'c-d', 'e/f', '\\d+', '^x$'])
    expect(marked(`<${text}>`, text)).toEqual([text]);
  expect(marked('cost 5000', '5.00')).toEqual([]);
});

test('counts UTF-16 code units, as clients in JavaScript do', () => {
  expect(highlightsOf('🐝 hive', 'hive')).toEqual([{ start: 3, end: 7 }]);
});

test.each([
  ['Ο μικρός πρίγκιπας', 'ΜΙΚΡΌΣ ΠΡΊΓΚΙΠΑΣ', ['μικρός πρίγκιπας']],
  ['Die Straße, die STRASSE', 'strasse', ['Straße', 'STRASSE']],
  ['Die Straße', 'stras', ['Straß']],
  ['un cafe\u0301 noir', 'CAFÉ', ['cafe\u0301']],
  ['🐝 İstanbul', 'istanbul', ['İstanbul']],
  ['ßß', 'sss', ['ßß']],
])('in %s finds %s', (text, query, found) => {
  expect(marked(text, query)).toEqual(found);
});

test('an excerpt is around the first match, and ends with whole characters', () => {
  const text = `${'🐝'.repeat(400)} the Straße ${'🐝'.repeat(400)}`;
  const shown = excerptOf(text, 'STRASSE');
  expect(shown.length).toBeLessThanOrEqual(300);
  expect(shown.isWellFormed()).toBe(true);
  expect(marked(shown, 'STRASSE')).toEqual(['Straße']);
  expect(excerptOf('short', 'x')).toBe('short');
});

test('marks nothing in a text that is only similar', () => {
  expect(highlightsOf('authentification', 'authenticate')).toEqual([]);
});
