import { Compile } from 'typebox/compile';
import { expect, test } from 'vitest';
import { Text } from '../src/index.ts';

const family = '👨‍👩‍👧‍👦'; // one character to a reader, 7 code points

test.each([
  ['200 letters', 'x'.repeat(200), true],
  ['201 letters', 'x'.repeat(201), false],
  ['200 bees, of two code units each', '🐝'.repeat(200), true],
  ['201 bees', '🐝'.repeat(201), false],
  ['28 families of 7 code points each', family.repeat(28), true],
  ['29 families', family.repeat(29), false],
  ['line breaks', 'a\n\u2028b', true],
  ['nothing', '', false],
])('text of 1 to 200 code points: %s', (_what, value, fits) => {
  expect(Compile(Text(200, { min: 1 })).Check(value)).toBe(fits);
});
