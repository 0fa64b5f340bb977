import { hash } from '@node-rs/argon2';
import { describe, expect, test } from 'vitest';
import { commonPasswords } from '../../src/users/common-passwords.ts';
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
  ])('is refused: %s', (_, password, code) => {
    expect(() => assertAcceptablePassword(password)).toThrow(expect.objectContaining({ code }));
  });

  test.each([
    ['ten characters', 'abcdefghi!'],
    ['256 bytes', 'é'.repeat(128)],
  ])('is accepted: %s', (_, ok) => {
    expect(() => assertAcceptablePassword(ok)).not.toThrow();
  });

  test('is compared with at least a hundred common ones, none too short to matter', () => {
    expect(commonPasswords.size).toBeGreaterThanOrEqual(100);
    expect([...commonPasswords].filter((one) => one.length < 10 || one !== one.toLowerCase())).toEqual([]);
  });
});
