import { expect, test } from 'vitest';
import { barePipesOf } from '../src/bare-pipes.ts';

const lines = (text: string) => barePipesOf({ path: 'services/x/src/x.ts', text }).map(({ line }) => line);

test.each([
  `\nbody.pipe(limited);`,
  `\nrequest.raw.on('error', fail).pipe(file, { end: false });`,
  `\na?.pipe(b);`,
  `\na['pipe'](b);`,
])('a stream is not piped without its errors: %s', (text) => {
  expect(lines(text)).toEqual([2]);
});

test.each([
  `pipeline(body, limited, done); // not .pipe(`,
  `text.pipeThrough(new TextDecoderStream());`,
  `pipe(a, b);`,
  `const pipe = options.pipe;`,
])('and this is none: %s', (text) => {
  expect(lines(text)).toEqual([]);
});
