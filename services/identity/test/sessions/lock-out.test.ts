import { describe, expect, test } from 'vitest';
import { type Person, startIdentityApp } from '../support/app.ts';
import { password } from '../support/identity.ts';

const service = await startIdentityApp({
  environment: { LOGIN_FAILURES_PER_ACCOUNT: '3', LOGIN_FAILURES_PER_ADDRESS: '20' },
});
const stranger = service.asStranger();
const wrong = 'not the password at all';

let addresses = 0;
/** Each from an address of its own, unless one is given. */
const logIn = async (
  email: string,
  shown: string,
  { device_token, address = `198.51.100.${++addresses}` }: { device_token?: string; address?: string } = {},
) =>
  stranger.post(
    '/api/v1/auth/login',
    { email, password: shown, ...(device_token !== undefined && { device_token }) },
    { headers: { 'x-forwarded-for': address } },
  );
const deviceTokenOf = async ({ email }: Person) =>
  (await logIn(email, password)).json<{ device_token: string }>().device_token;
/** Strangers guess until the account refuses them. */
const lockOut = async ({ email }: Person, address?: string) => {
  for (let n = 0; n < 3; n++) await logIn(email, wrong, address === undefined ? {} : { address });
  expect((await logIn(email, password)).statusCode).toBe(429);
};

describe('whoever guesses does not lock out the owner', () => {
  test('on a device that logged in before', async () => {
    const alice = await service.person('alice');
    const device_token = await deviceTokenOf(alice);
    await lockOut(alice);
    const answer = await logIn(alice.email, password, { device_token });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ suspicious: false });
    // It goes on so, with what that login answered.
    expect((await logIn(alice.email, password, answer.json())).statusCode).toBe(200);
    expect((await logIn(alice.email, password)).statusCode).toBe(429);
  });

  test('on a device that logged in before, at the address that they guess from', async () => {
    const bob = await service.person('bob');
    const device_token = await deviceTokenOf(bob);
    const address = '203.0.113.5';
    for (let n = 0; n < 20; n++) await logIn(`nobody${n}@example.com`, wrong, { address });
    expect((await logIn(bob.email, password, { address })).statusCode).toBe(429);
    expect((await logIn(bob.email, password, { address, device_token })).statusCode).toBe(200);
  });

  test('in a live session, who shows the password again', async () => {
    const carol = await service.person('carol');
    await lockOut(carol);
    expect((await carol.call.post('/api/v1/auth/reauthenticate', { password })).statusCode).toBe(200);
  });

  test('in another session of theirs', async () => {
    const dora = await service.person('dora');
    const other = await service.logIn(dora.email);
    const show = (one: Person, shown: string) =>
      one.call.post('/api/v1/auth/reauthenticate', { password: shown });
    for (let n = 0; n < 3; n++) expect((await show(dora, wrong)).statusCode).toBe(401);
    expect((await show(dora, password)).statusCode).toBe(429);
    expect((await show(other, password)).statusCode).toBe(200);
    expect((await logIn(dora.email, password)).statusCode).toBe(200);
  });
});

describe('the token of a device', () => {
  test('has a count of its own, and no more guesses than strangers have', async () => {
    const erin = await service.person('erin');
    const device_token = await deviceTokenOf(erin);
    for (let n = 0; n < 3; n++) {
      expect((await logIn(erin.email, wrong, { device_token })).statusCode).toBe(401);
    }
    expect((await logIn(erin.email, password, { device_token })).statusCode).toBe(429);
    // As far as everybody else is concerned, nobody has guessed.
    expect((await logIn(erin.email, password)).statusCode).toBe(200);
  });

  test('of another account, of nobody or made up counts for nothing, and refuses nobody', async () => {
    const frank = await service.person('frank');
    const grace = await service.person('grace');
    const device_token = await deviceTokenOf(frank);
    const altered = `${device_token.slice(0, -2)}${device_token.endsWith('AA') ? 'BB' : 'AA'}`;
    await lockOut(grace);
    for (const one of [device_token, altered, 'hsd_', 'a name', 'Laptop']) {
      expect((await logIn(grace.email, password, { device_token: one })).statusCode).toBe(429);
      expect((await logIn(frank.email, password, { device_token: one })).statusCode).toBe(200);
    }
  });
});

test('a block is told once, with its count, however many it turns away', async () => {
  const heidi = await service.person('heidi');
  await lockOut(heidi);
  for (let n = 0; n < 9; n++) await logIn(heidi.email, wrong);
  await Promise.all(Array.from({ length: 10 }, () => logIn(heidi.email, wrong)));
  const told = async () =>
    (await service.events('identity.login.failed'))
      .filter(
        ({ subject, data }) => subject === heidi.id && (data as { reason: string }).reason === 'throttled',
      )
      .map(({ data }) => data);
  expect(await told()).toEqual([{ reason: 'throttled', failures: 3, refused: 0 }]);
  await service.database.query('update identity.login_throttles set blocked_until = now()');
  for (let n = 0; n < 4; n++) await logIn(heidi.email, wrong);
  expect(await told()).toEqual([
    { reason: 'throttled', failures: 3, refused: 0 },
    { reason: 'throttled', failures: 4, refused: 20 },
  ]);
});
