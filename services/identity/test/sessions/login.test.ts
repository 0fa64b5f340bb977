import { hash } from '@node-rs/argon2';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { type LoginRequest, logIn } from '../../src/sessions/login.service.ts';
import { password, startIdentity } from '../support/identity.ts';

const { db, context, register, events } = await startIdentity({ perAccount: 10, perAddress: 8 });

let addresses = 0;
const login = (request: Partial<LoginRequest>) =>
  logIn(context, {
    email: 'nobody@example.com',
    password,
    device: { name: 'Laptop', platform: 'linux' },
    address: `198.51.100.${++addresses}`,
    userAgent: null,
    origin: {},
    ...request,
  });
const refusal = (code: string) => expect.objectContaining({ code });

describe('a login', () => {
  test('gives an access token of 15 minutes that the published keys verify', async () => {
    const user = await register('alice@example.com');
    const pair = await login({ email: 'ALICE@example.com' });
    const jwks = createLocalJWKSet(await context.keys.keySet());
    const { payload, protectedHeader } = await jwtVerify(pair.accessToken, jwks, {
      issuer: 'hivesync/identity',
      audience: 'hivesync',
      algorithms: ['EdDSA'],
    });
    expect(protectedHeader.kid).toBe((await context.keys.active()).kid);
    expect(payload).toMatchObject({ sub: user.id, sid: pair.sessionId, tier: 'free', role: 'user' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900);
    expect(await events('identity.session.started')).toContainEqual(
      expect.objectContaining({
        subject: pair.sessionId,
        actorid: user.id,
        data: { user_id: user.id, suspicious: false },
      }),
    );
  });

  test('keeps no token, only its hash', async () => {
    await register('hashed@example.com');
    const { refreshToken } = await login({ email: 'hashed@example.com' });
    const everything = await db.query<{ row: string }>(
      `select refresh_tokens::text as row from identity.refresh_tokens
       union all
       select sessions::text from identity.sessions
       union all
       select outbox::text from identity.outbox`,
    );
    expect(everything.length).toBeGreaterThan(2);
    expect(everything.filter(({ row }) => row.includes(refreshToken) || row.includes(password))).toEqual([]);
  });

  test('with a wrong password or an unknown email is refused alike, and told to the audit', async () => {
    const user = await register('wrong@example.com');
    await expect(login({ email: user.email, password: 'not the password' })).rejects.toThrow(
      refusal('INVALID_CREDENTIALS'),
    );
    await expect(login({ email: 'unknown@example.com' })).rejects.toThrow(refusal('INVALID_CREDENTIALS'));
    const failures = await events('identity.login.failed');
    expect(failures.at(-2)).toMatchObject({ subject: user.id, data: { reason: 'credentials' } });
    expect(failures.at(-1)?.data).toEqual({ reason: 'credentials' });
  });

  test('renews a hash that was made with other parameters', async () => {
    const user = await register('rehash@example.com');
    const weaker = await hash(password, { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    await db.query('update identity.users set password_hash = $2 where id = $1', [user.id, weaker]);
    await login({ email: user.email });
    const [row] = await db.query<{ hash: string }>(
      'select password_hash as hash from identity.users where id = $1',
      [user.id],
    );
    expect(row?.hash).toContain('m=19456,t=2,p=1');
    await login({ email: user.email });
  });
});

describe('a login is suspicious', () => {
  const laptop = { name: 'Laptop', platform: 'linux' };
  const phone = { name: 'Phone', platform: 'ios' };
  const inbox = (userId: string) =>
    db.query<{ type: string; incident: string }>(
      `select type, payload_json ->> 'incident' as incident from identity.notifications where user_id = $1`,
      [userId],
    );

  test('from an unseen device together with an unseen network, and at no other time', async () => {
    const { id, email } = await register('travel@example.com');
    const from = async (device: typeof laptop, address: string) =>
      (await login({ email, device, address })).suspicious;
    expect(await from(laptop, '203.0.113.1')).toBe(false); // the very first
    expect(await from(laptop, '192.0.2.1')).toBe(false); // seen device
    expect(await from(phone, '203.0.113.200')).toBe(false); // seen /24
    expect(await inbox(id)).toEqual([]);
    expect(await from({ name: 'Other', platform: 'ios' }, '198.51.100.99')).toBe(true);
    expect(await inbox(id)).toEqual([{ type: 'security_event', incident: 'suspicious_login' }]);
    const started = await events('identity.session.started');
    expect(started.at(-1)?.data).toEqual({ user_id: id, suspicious: true });
    const [session] = await db.query(
      'select suspicious from identity.sessions where user_id = $1 order by id desc limit 1',
      [id],
    );
    expect(session).toEqual({ suspicious: true });
  });

  test('by the /48 in IPv6', async () => {
    const { email } = await register('sixer@example.com');
    const from = async (name: string, address: string) =>
      (await login({ email, device: { name, platform: 'ios' }, address })).suspicious;
    expect(await from('One', '2001:db8:1:1::1')).toBe(false);
    expect(await from('Two', '2001:db8:1:ffff::1')).toBe(false);
    expect(await from('Three', '2001:db8:2::1')).toBe(true);
  });

  test('after repeated failures', async () => {
    const { id, email } = await register('guessed@example.com');
    await login({ email });
    for (let n = 0; n < 5; n++) await login({ email, password: 'not the password' }).catch(() => null);
    expect((await login({ email })).suspicious).toBe(true);
    expect(await inbox(id)).toHaveLength(1);
    expect((await login({ email })).suspicious).toBe(false); // counted anew
  });
});

describe('failed logins are throttled', () => {
  test('per account: of 40 parallel guesses at most 10 are looked at', async () => {
    const user = await register('target@example.com');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, () => login({ email: user.email, password: 'not the password' })),
    );
    const codes = outcomes.map((one) => (one.status === 'rejected' ? one.reason.code : 'let in'));
    expect(codes.filter((code) => code === 'INVALID_CREDENTIALS')).toHaveLength(10);
    // The others are refused, some without having been asked for who they are: see overload.test.ts.
    expect(codes.filter((code) => ['RATE_LIMITED', 'OVERLOADED'].includes(code))).toHaveLength(30);
    const refused = await login({ email: 'TARGET@example.com' }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'RATE_LIMITED', status: 429 });
    const { headers } = refused as { headers: Record<string, string> };
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(await events('identity.login.failed')).toContainEqual(
      expect.objectContaining({ subject: user.id, data: { reason: 'throttled', failures: 10, refused: 0 } }),
    );

    // Once the block is over one more try is looked at, and the next block is longer.
    const end = `update identity.login_throttles set blocked_until = now() where blocked_until is not null`;
    await db.query(end);
    await expect(login({ email: user.email, password: 'not the password' })).rejects.toThrow(
      refusal('INVALID_CREDENTIALS'),
    );
    const longer = await login({ email: user.email }).catch((error: unknown) => error);
    expect(
      Number((longer as typeof refused & { headers: Record<string, string> }).headers['retry-after']),
    ).toBeGreaterThan(60);
    await db.query(end);
    expect((await login({ email: user.email })).user.id).toBe(user.id);
  });

  test('for an email that nobody has just the same', async () => {
    const email = 'ghost@example.com';
    for (let n = 0; n < 10; n++) await login({ email }).catch(() => null);
    await expect(login({ email })).rejects.toThrow(refusal('RATE_LIMITED'));
  });

  test('per address, whichever accounts are tried, and for that address alone', async () => {
    const user = await register('neighbour@example.com');
    const address = '203.0.113.77';
    for (let n = 0; n < 8; n++) {
      await expect(login({ email: `try${n}@example.com`, address })).rejects.toThrow(
        refusal('INVALID_CREDENTIALS'),
      );
    }
    await expect(login({ email: user.email, address })).rejects.toThrow(refusal('RATE_LIMITED'));
    expect((await login({ email: user.email, address: '203.0.113.78' })).user.id).toBe(user.id);
  });

  test('without a word in the table of who tried', async () => {
    const rows = await db.query<{ row: string }>('select t::text as row from identity.login_throttles as t');
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter(({ row }) => /example|203\.0\.113/.test(row))).toEqual([]);
  });

  test('not when the password is right, however many log in at once', async () => {
    const { email } = await register('busy@example.com');
    const all = await Promise.all(Array.from({ length: 9 }, () => login({ email })));
    expect(all).toHaveLength(9);
  });
});
