import { hash } from '@node-rs/argon2';
import { describe, expect, test } from 'vitest';
import { isCommonPassword } from '../../src/users/common-passwords.ts';
import {
  assertAcceptablePassword,
  hashPassword,
  needsRehash,
  verifyPassword,
} from '../../src/users/passwords.ts';

describe('a password', () => {
  test('is kept as argon2id with 19 MiB, two passes and one lane', async () => {
    const phc = await hashPassword('correct horse battery');
    expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await verifyPassword(phc, 'correct horse battery')).toBe(true);
    expect(await verifyPassword(phc, 'correct horse batterY')).toBe(false);
  });

  test('fits however its characters are composed', async () => {
    const phc = await hashPassword('cafe\u0301 au lait'); // e and an accent
    expect(await verifyPassword(phc, 'caf\u00e9 au lait')).toBe(true); // one character
  });

  test('of nobody never fits, and takes as long as one of somebody', async () => {
    const phc = await hashPassword('correct horse battery');
    await verifyPassword(null, 'warms up');
    const time = async (hashOrNull: string | null) => {
      const begun = performance.now();
      expect(await verifyPassword(hashOrNull, 'wrong password')).toBe(false);
      return performance.now() - begun;
    };
    // In turns, and the quickest of each: what else the machine does only ever adds.
    let [known, unknown] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let n = 0; n < 10; n++) {
      known = Math.min(known, await time(phc));
      unknown = Math.min(unknown, await time(null));
    }
    expect(unknown / known).toBeGreaterThan(0.4);
    expect(unknown / known).toBeLessThan(2.5);
  });

  test('is hashed anew when it was made with other parameters', async () => {
    const weaker = await hash('correct horse battery', { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    expect(needsRehash(weaker)).toBe(true);
    expect(needsRehash(await hashPassword('correct horse battery'))).toBe(false);
  });

  test.each([
    ['nine characters', 'abcdefghi', 'VALIDATION_FAILED'],
    ['nine characters of four bytes each', '😀'.repeat(9), 'VALIDATION_FAILED'],
    ['257 bytes', `${'é'.repeat(128)}e`, 'VALIDATION_FAILED'],
    ['a common one', 'password123', 'PASSWORD_TOO_COMMON'],
    ['a common one in capitals', 'PassWord123', 'PASSWORD_TOO_COMMON'],
    ['a common one in full width', '１２３４５６７８９０', 'PASSWORD_TOO_COMMON'],
    ['one of the thousands', 'ironmaiden', 'PASSWORD_TOO_COMMON'],
    [
      'ten code points that are five when prepared',
      'u\u0308e\u0301o\u0302a\u0300i\u0308',
      'VALIDATION_FAILED',
    ],
    ['60 bytes that are more than 256 when prepared', '\ufdfa'.repeat(20), 'VALIDATION_FAILED'],
  ])('is refused: %s', (_, password, code) => {
    expect(() => assertAcceptablePassword(password)).toThrow(expect.objectContaining({ code }));
  });

  test.each([
    ['ten characters', 'abcdefghi!'],
    ['256 bytes', 'é'.repeat(128)],
    ['384 bytes that are 256 when prepared', 'e\u0301'.repeat(128)],
    ['one character that is eighteen when prepared', '\ufdfa'],
  ])('is accepted: %s', (_, ok) => {
    expect(() => assertAcceptablePassword(ok)).not.toThrow();
  });

  // Those of ten characters and more among the 3,000 most common of the ten million that were published in 2015.
  test.each(
    `1234567890 q1w2e3r4t5 1q2w3e4r5t 4815162342 0987654321 12345qwert 123456789a 1234554321 1111111111 123456789q
     1029384756 password123 basketball 123qweasdzxc 12345678910 manchester 1qaz2wsx3edc 0123456789 q1w2e3r4t5y6
     1123581321 1q2w3e4r5t6y qwerty12345 1234512345`.split(/\s+/),
  )('is refused as it is common: %s', (common) => {
    expect(isCommonPassword(common)).toBe(true);
    expect(isCommonPassword(common.toUpperCase())).toBe(true);
  });
});
