import { ApiError } from '@hivesync/contracts';
import { expect, test } from 'vitest';
import { oneLine } from '../src/one-line.ts';

test.each<[unknown, string]>([
  [new Error('two\n  lines'), 'two lines'],
  [new AggregateError([new Error('refused'), new Error('refused')]), 'refused'],
  [
    new ApiError('VALIDATION_FAILED', {
      errors: [{ path: 'body/password', message: 'has under 10 characters' }],
    }),
    'The request does not fit the schema of this operation; password has under 10 characters',
  ],
  ['thrown', 'thrown'],
])('%s', (error, line) => {
  expect(oneLine(error)).toBe(line);
});
