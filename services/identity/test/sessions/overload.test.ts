import { expect, test } from 'vitest';
import { turnsAtMost } from '../../src/users/passwords.ts';
import { startIdentityApp } from '../support/app.ts';
import { password } from '../support/identity.ts';

const service = await startIdentityApp({ environment: { DATABASE_POOL_SIZE: '3' } });
const stranger = service.asStranger();

const many = turnsAtMost + 90;

let addresses = 0;
const logIn = (email: string, shown = password) =>
  stranger.post(
    '/api/v1/auth/login',
    { email, password: shown },
    { headers: { 'x-forwarded-for': `198.51.100.${++addresses % 250}` } },
  );

test('more logins than can be looked at are refused at once, and others are served meanwhile', async () => {
  const bystander = await service.person('bystander');
  const logins = Array.from({ length: many }, (_, n) =>
    logIn(n === 0 ? bystander.email : `nobody${n}@example.com`),
  );
  let slowest = 0;
  let open = true;
  const looking = (async () => {
    while (open) {
      const begun = performance.now();
      expect((await bystander.call.get('/api/v1/me')).statusCode).toBe(200);
      slowest = Math.max(slowest, performance.now() - begun);
    }
  })();
  const answers = await Promise.all(logins);
  open = false;
  await looking;
  console.info(`${many} logins at once; GET /me of a bystander took ${Math.round(slowest)} ms at most`);

  const refused = answers.filter(({ statusCode }) => statusCode === 503);
  expect(refused.length).toBeGreaterThan(0);
  expect(new Set(refused.map((answer) => answer.json().code))).toEqual(new Set(['OVERLOADED']));
  expect(new Set(refused.map(({ headers }) => headers['retry-after']))).toEqual(new Set(['1']));
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200, 401, 503]));
  expect(answers.length - refused.length).toBeGreaterThanOrEqual(turnsAtMost);
  expect(slowest).toBeLessThan(2_500); // 5 s and more without the line, on the same machine
});

test('a login that was refused so was no failure, and costs the database nothing', async () => {
  const counted = async () => {
    const [row] = await service.database.query<{ failures: number }>(
      `select coalesce(sum(failures), 0)::integer as failures from identity.login_throttles where kind = 'account'`,
    );
    return row?.failures ?? 0;
  };
  const before = await counted();
  const answers = await Promise.all(Array.from({ length: many }, (_, n) => logIn(`crowd${n}@example.com`)));
  const wrong = answers.filter(({ statusCode }) => statusCode === 401).length;
  expect(wrong).toBeLessThan(many);
  expect((await counted()) - before).toBe(wrong);
});

test('registrations wait in the same line', async () => {
  const answers = await Promise.all(
    Array.from({ length: many }, (_, n) =>
      stranger.post('/api/v1/auth/register', { email: `new${n}@example.com`, password }),
    ),
  );
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([201, 503]));
});
