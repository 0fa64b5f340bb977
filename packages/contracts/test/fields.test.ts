import { Compile } from 'typebox/compile';
import { expect, test } from 'vitest';
import { EmailAddress, foldEmail, HttpsUrl, Text } from '../src/index.ts';

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

test.each([
  ['alice@example.com', true],
  ["o'brien+tag=x{y}@mail.example.com", true],
  [`${'a'.repeat(64)}@example.com`, true],
  [`${'a'.repeat(65)}@example.com`, false],
  ['a..b@example.com', false],
  ['.a@example.com', false],
  ['a@-example.com', false],
  ['a@example.com.', false],
  [`a@${'b'.repeat(64)}.com`, false],
  ['"a b"@example.com', false],
  ['"a\n1"@example.com', false],
  ['a@[192.0.2.1]', false],
  ['jürgen@example.com', false],
  ['a@bücher.example', false],
  ['a@example.com\n', false],
  ['a b@example.com', false],
  ['a@b@example.com', false],
])('an address that mail carries: %j is %s', (address, fits) => {
  expect(Compile(EmailAddress).Check(address)).toBe(fits);
});

test('an address is folded in ASCII alone', () => {
  expect(foldEmail('Alice.O@EXAMPLE.com')).toBe('alice.o@example.com');
  expect(foldEmail('İIıÄ')).toBe('İiıÄ');
});

test.each([
  ['https://example.com', true],
  ['https://example.com:8443/a?b=@c#@d', true],
  ['https://me:secret@example.com/', false],
  ['https://me@example.com/', false],
  ['https://example.com\\@example.org/', false],
  ['http://example.com/', false],
  ['https:///a', false],
  ['https://example.com/a b', false],
  [`https://example.com/${'a'.repeat(2_000)}`, false],
])('a link: %s is %s', (url, fits) => {
  expect(Compile(HttpsUrl).Check(url)).toBe(fits);
});
