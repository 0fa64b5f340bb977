import { expect, test } from 'vitest';
import { type LoginRequest, logIn } from '../../src/sessions/login.service.ts';
import { renewAuthentication } from '../../src/sessions/reauthentication.service.ts';
import { refreshSession } from '../../src/sessions/refresh.service.ts';
import { SigningKeys } from '../../src/signing-keys/signing-key.service.ts';
import { encryptionKey, password, startIdentity } from '../support/identity.ts';

const { context, register, dataSource } = await startIdentity({ poolSize: 2 });

const login = (email: string): LoginRequest => ({
  email,
  password,
  device: { name: 'Laptop', platform: 'linux' },
  address: null,
  userAgent: null,
  origin: {},
});

test.each([
  ['has to be read again', 90],
  ['is due for rotation', 0],
])('more callers than connections are served when the signing key %s', async (_, rotateAfterDays) => {
  const people = Array.from({ length: 6 }, (_, at) => `${rotateAfterDays}-${at}@example.com`);
  const pairs = [];
  for (const email of people) {
    await register(email);
    pairs.push(await logIn(context, login(email)));
  }
  const cold = () => ({ ...context, keys: new SigningKeys(dataSource, encryptionKey, rotateAfterDays) });

  const refreshing = cold();
  await Promise.all(pairs.map((pair) => refreshSession(refreshing, pair.refreshToken, {})));
  const loggingIn = cold();
  await Promise.all(people.map((email) => logIn(loggingIn, login(email))));
  const showing = cold();
  const tokens = await Promise.all(
    pairs.map(({ user, sessionId: sid }) =>
      renewAuthentication(showing, { id: user.id, sid }, { password, origin: {} }),
    ),
  );
  expect(tokens).toHaveLength(people.length);
});
