import { foldEmail } from '@hivesync/contracts';
import { describe, expect, test } from 'vitest';
import { startIdentityApp } from '../support/app.ts';
import { password } from '../support/identity.ts';

const service = await startIdentityApp();
const stranger = service.asStranger();
const register = (email: string) => stranger.post('/api/v1/auth/register', { email, password });
const logIn = (email: string) => stranger.post('/api/v1/auth/login', { email, password });

describe('an address', () => {
  test.each([
    ['a line break between quotes', '"a\n1"@example.com'],
    ['anything between quotes', '"a b"@example.com'],
    ['a letter that ASCII does not have', 'jürgen@example.com'],
    ['65 octets before the at sign', `${'a'.repeat(65)}@example.com`],
    ['an address literal', 'alice@[192.0.2.1]'],
    ['255 octets', `a@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(66)}.com`],
    ['a trailing line break', 'alice@example.com\n'],
  ])('with %s is registered by nobody, and asked for at no login', async (_, email) => {
    expect((await register(email)).json()).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
    expect((await logIn(email)).json()).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
  });

  test.each([
    `${'a'.repeat(64)}@example.com`,
    "o'brien+tag=x@mail.example.com",
    'x@sub.xn--bcher-kva.example',
  ])('%s is taken', async (email) => {
    expect((await register(email)).statusCode).toBe(201);
    expect((await logIn(email.toUpperCase())).statusCode).toBe(200);
  });
});

describe('one folding', () => {
  test('is what the index and the code do with every character, whatever the collation', async () => {
    const characters = Array.from({ length: 0x3000 }, (_, code) => String.fromCodePoint(code + 1));
    const text = characters.filter((one) => one.isWellFormed()).join('');
    const [row] = await service.database.query<{ folded: string }>(
      `select lower($1::text collate "C") as folded`,
      [text],
    );
    expect(foldEmail(text)).toBe(row?.folded);
  });

  test('is asked of an index, by every look-up', async () => {
    const [index] = await service.database.query<{ definition: string }>(
      `select indexdef as definition from pg_indexes where indexname = 'users_email_folded_key'`,
    );
    expect(index?.definition).toMatch(/^CREATE UNIQUE INDEX .* \(lower\(\(?email\)? COLLATE "C"\)\)/);
  });
});
