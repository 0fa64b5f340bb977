import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { ApiError } from '@hivesync/contracts';
import { hash, parseOptions, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';
import { isCommonPassword } from './common-passwords.ts';

/** argon2id; KiB, passes, lanes. https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const argon2id = 2;

export const minimumCharacters = 10;
export const maximumBytes = 256;

/** Of libuv's threads (https://nodejs.org/api/cli.html#uv_threadpool_sizesize), one is left to files, names and keys. */
const threads = Math.max(1, Number(process.env.UV_THREADPOOL_SIZE || 4) - 1);
/** One core each: more at once would only take longer, and everything else in the process would wait with them. */
const atOnce = Math.min(availableParallelism(), threads);
const cores = pLimit(atOnce);
/** As many as are under way, and about a second's work that waits. Who comes later can come again. */
export const turnsAtMost = 17 * atOnce;
let turns = 0;

/** What somebody may do who has a turn. Both take tens of milliseconds and 19 MiB, off the event loop. */
export interface Turn {
  /** argon2id in PHC form. */
  hash(password: string): Promise<string>;
  /** Whether the password fits. A null hash (unknown email) costs the same time and is never a match. */
  verify(passwordHash: string | null, password: string): Promise<boolean>;
}

const turn: Turn = {
  hash: (password) => cores(() => hash(prepared(password), parameters)),
  verify: async (passwordHash, password) => {
    const matches = await cores(() => verify(passwordHash ?? nobodysHash, prepared(password)));
    return matches && passwordHash !== null;
  },
};

/**
 * Does what ends in hashing or verifying a password, as soon as it is its turn. Take it before anything that costs, so that
 * who is refused has cost nothing; and outside of transactions, which would hold a connection while it waits.
 *
 * @throws ApiError OVERLOADED at once, where too many are waiting
 */
export async function withTurn<T>(work: (turn: Turn) => Promise<T>): Promise<T> {
  if (turns >= turnsAtMost) {
    throw new ApiError('OVERLOADED', {
      detail: 'More passwords are waiting to be looked at than can be in a second.',
      headers: { 'retry-after': '1' },
    });
  }
  turns += 1;
  try {
    return await work(turn);
  } finally {
    turns -= 1;
  }
}

/** @throws ApiError OVERLOADED */
export function hashPassword(password: string): Promise<string> {
  return withTurn(({ hash }) => hash(password));
}

/** @throws ApiError OVERLOADED */
export function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  return withTurn(({ verify }) => verify(passwordHash, password));
}

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

/** Made up, with today's parameters: no password has it. */
const nobodysHash = (() => {
  const { memoryCost, timeCost, parallelism } = parameters;
  const [salt, digest] = [16, 32].map((bytes) => randomBytes(bytes).toString('base64').replaceAll('=', ''));
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${salt}$${digest}`;
})();
