import { randomBytes } from 'node:crypto';
import { ApiError } from '@hivesync/contracts';
import { hash, parseOptions, verify } from '@node-rs/argon2';
import { isCommonPassword } from './common-passwords.ts';

/** argon2id; KiB, passes, lanes. https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const argon2id = 2;

export const minimumCharacters = 10;
export const maximumBytes = 256;

/**
 * One form for what looks the same, so that a password typed on another keyboard still fits. What is counted, compared
 * and hashed is this form, never what was typed.
 */
const prepared = (password: string): string => password.normalize('NFKC');

/**
 * Refuses a password that nobody should have. The schema has already seen to the characters.
 *
 * @throws ApiError VALIDATION_FAILED (too short or too long) or PASSWORD_TOO_COMMON
 */
export function assertAcceptablePassword(password: string): void {
  const text = prepared(password);
  if ([...text].length < minimumCharacters || Buffer.byteLength(text) > maximumBytes) {
    throw new ApiError('VALIDATION_FAILED', {
      errors: [
        { path: 'body/password', message: `has ${minimumCharacters} characters to ${maximumBytes} bytes` },
      ],
    });
  }
  if (isCommonPassword(text)) throw new ApiError('PASSWORD_TOO_COMMON');
}

/** argon2id in PHC form. Takes tens of milliseconds and 19 MiB, off the event loop: never inside a transaction. */
export function hashPassword(password: string): Promise<string> {
  return hash(prepared(password), parameters);
}

let nobodysHash: Promise<string> | undefined;

/** Whether the password fits. A null hash (unknown email) costs the same time and is never a match. */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  nobodysHash ??= hashPassword(randomBytes(32).toString('base64'));
  const matches = await verify(passwordHash ?? (await nobodysHash), prepared(password));
  return matches && passwordHash !== null;
}

/** Whether the hash was made with other parameters than today's. */
export function needsRehash(passwordHash: string): boolean {
  const made = parseOptions(passwordHash);
  return (
    made.algorithm !== argon2id ||
    made.memoryCost !== parameters.memoryCost ||
    made.timeCost !== parameters.timeCost ||
    made.parallelism !== parameters.parallelism
  );
}
