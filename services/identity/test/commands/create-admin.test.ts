import { describe, expect, test } from 'vitest';
import { createAdmin } from '../../src/commands/create-admin.ts';
import { logIn } from '../../src/sessions/login.service.ts';
import { password, startIdentity } from '../support/identity.ts';

const { dataSource, context, register, events } = await startIdentity();
const login = (email: string, secret: string) =>
  logIn(context, {
    email,
    password: secret,
    device: { name: 'Console', platform: 'linux' },
    address: null,
    userAgent: null,
    origin: {},
  });

describe('admin:create', () => {
  test('makes an admin who can log in with the password that is printed', async () => {
    const made = await createAdmin(dataSource, { email: 'root@example.com' });
    expect(made.created).toBe(true);
    const { user } = await login('root@example.com', made.generatedPassword ?? '');
    expect(user).toMatchObject({ id: made.userId, role: 'admin' });
    expect(
      (await events()).filter((event) => event.subject === made.userId).map((event) => event.type),
    ).toEqual(['identity.user.registered', 'identity.user.role_changed']);
  });

  test('promotes an account that exists, leaves its password, and may be repeated', async () => {
    const user = await register('bob@example.com');
    const made = await createAdmin(dataSource, { email: 'BOB@example.com', password: 'another password' });
    expect(made).toEqual({ userId: user.id, created: false });
    await createAdmin(dataSource, { email: 'bob@example.com' });
    expect((await login('bob@example.com', password)).user).toMatchObject({ role: 'admin', version: 2 });
    const changes = await events('identity.user.role_changed');
    expect(changes.filter((event) => event.subject === user.id)).toHaveLength(1);
  });

  test('makes nothing where only an account that exists would do', async () => {
    const before = await events();
    await expect(createAdmin(dataSource, { email: 'nobody@example.com', existing: true })).rejects.toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    );
    expect(await events()).toEqual(before);
    const user = await register('dana@example.com');
    expect(await createAdmin(dataSource, { email: 'dana@example.com', existing: true })).toEqual({
      userId: user.id,
      created: false,
    });
  });

  test('refuses a password that nobody should have', async () => {
    await expect(
      createAdmin(dataSource, { email: 'weak@example.com', password: 'password123' }),
    ).rejects.toThrow(expect.objectContaining({ code: 'PASSWORD_TOO_COMMON' }));
  });
});
