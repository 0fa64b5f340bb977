import { expect, test } from 'vitest';
import { redactEmail } from '../../src/users/user.service.ts';

test.each([
  ['charlie@domain.com', 'ch***@domain.com'],
  ['abc@domain.com', 'ab***@domain.com'],
  ['ab@domain.com', 'a***@domain.com'],
  ['a@domain.com', 'a***@domain.com'],
])('%s is shown as %s', (email, shown) => {
  expect(redactEmail(email)).toBe(shown);
});
