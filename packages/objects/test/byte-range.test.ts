import { expect, test } from 'vitest';
import { byteRange } from '../src/index.ts';

test.each([
  ['bytes=0-9', { first: 0, last: 9 }],
  ['bytes=90-', { first: 90, last: 99 }],
  ['bytes=-10', { first: 90, last: 99 }],
  ['bytes=-1000', { first: 0, last: 99 }],
  ['bytes=99-99', { first: 99, last: 99 }],
  ['Bytes=50-1000', { first: 50, last: 99 }],
  [' bytes=0-0 ', { first: 0, last: 0 }],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=100-200', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
])('%s of 100 bytes is a range', (header, range) => {
  expect(byteRange(header, 100)).toEqual(range);
});

test.each([
  undefined,
  '',
  'bytes',
  'bytes=',
  'bytes=-',
  'bytes=9-0',
  'bytes=0-1,5-6',
  'lines=0-1',
  'bytes=a-b',
  'bytes=0x1-2',
  `bytes=${'9'.repeat(40)}-`,
])('%s stands for the whole', (header) => {
  expect(byteRange(header, 100)).toBeNull();
});
