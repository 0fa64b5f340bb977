import { describe, expect, test } from 'vitest';
import { parseAdminCommand } from '../../src/commands/admin-command.ts';
import { createAdmin, listAdmins, removeAdmin } from '../../src/commands/administrators.ts';
import { logIn } from '../../src/sessions/login.service.ts';
import { password, prove, startIdentity } from '../support/identity.ts';

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
    await prove(dataSource, user.id);
    const wanted = { email: 'BOB@example.com', password: 'another password', existing: true };
    const account = { createdAt: user.createdAt, emailVerifiedAt: expect.any(Date) };
    expect(await createAdmin(dataSource, wanted)).toMatchObject({ userId: user.id, created: false, account });
    await createAdmin(dataSource, { email: 'bob@example.com' });
    expect((await login('bob@example.com', password)).user).toMatchObject({ role: 'admin', version: 2 });
    const changes = await events('identity.user.role_changed');
    expect(changes.filter((event) => event.subject === user.id)).toHaveLength(1);
  });

  test('promotes nobody unless told that the account is there, nor one whose address was never proven', async () => {
    const mallory = await register('mallory@example.com');
    await expect(createAdmin(dataSource, { email: 'mallory@example.com' })).rejects.toThrow(
      expect.objectContaining({ code: 'EMAIL_TAKEN' }),
    );
    await expect(createAdmin(dataSource, { email: 'mallory@example.com', existing: true })).rejects.toThrow(
      expect.objectContaining({ code: 'EMAIL_NOT_VERIFIED' }),
    );
    const changes = await events('identity.user.role_changed');
    expect(changes.filter((event) => event.subject === mallory.id)).toEqual([]);
  });

  test('makes nothing where only an account that exists would do', async () => {
    const before = await events();
    await expect(createAdmin(dataSource, { email: 'nobody@example.com', existing: true })).rejects.toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    );
    expect(await events()).toEqual(before);
  });

  test('refuses a password that nobody should have', async () => {
    await expect(
      createAdmin(dataSource, { email: 'weak@example.com', password: 'password123' }),
    ).rejects.toThrow(expect.objectContaining({ code: 'PASSWORD_TOO_COMMON' }));
  });
});

describe('admin:remove', () => {
  const email = 'second@example.com';

  test('takes the role, with an event, and may be repeated', async () => {
    const { userId } = await createAdmin(dataSource, { email });
    const before = (await listAdmins(dataSource)).length;
    expect(await removeAdmin(dataSource, { email })).toEqual({ userId, removed: true, left: before - 1 });
    expect(await removeAdmin(dataSource, { email })).toEqual({ userId, removed: false, left: before - 1 });
    const changes = await events('identity.user.role_changed');
    expect(changes.filter(({ subject }) => subject === userId).map(({ data }) => data)).toEqual([
      { role: 'admin' },
      { role: 'user' },
    ]);
    await expect(removeAdmin(dataSource, { email: 'nobody@example.com' })).rejects.toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    );
  });

  test('leaves the last one, unless told otherwise, also where the last two go at once', async () => {
    for (const admin of await listAdmins(dataSource)) {
      await removeAdmin(dataSource, { email: admin.email, last: true });
    }
    for (const name of ['one', 'two']) await createAdmin(dataSource, { email: `${name}@example.com` });
    const both = await Promise.allSettled(
      ['one', 'two'].map((name) => removeAdmin(dataSource, { email: `${name}@example.com` })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const [left] = await listAdmins(dataSource);
    await expect(removeAdmin(dataSource, { email: left!.email })).rejects.toThrow(
      expect.objectContaining({ code: 'LAST_ADMINISTRATOR' }),
    );
    expect(await removeAdmin(dataSource, { email: left!.email, last: true })).toMatchObject({ left: 0 });
  });
});

describe('the commands', () => {
  const run = (...args: string[]) => parseAdminCommand(args, {})!(dataSource);

  test('tell whom they made an administrator of, and list and remove them', async () => {
    const user = await register('told@example.com');
    await expect(run('create', 'told@example.com')).rejects.toThrow(
      /^told@example\.com has an account already, made today \(\S+Z\), address not proven: say --existing/,
    );
    await expect(run('create', 'told@example.com', '--existing')).rejects.toThrow(
      /must follow the link that was mailed to it first$/,
    );
    await prove(dataSource, user.id);
    expect((await run('create', 'told@example.com', '--existing'))[0]).toMatch(
      /^told@example\.com is an administrator, .*made today \(\S+Z\), address proven\.$/,
    );
    expect(await run('list')).toEqual([
      expect.stringMatching(new RegExp(`^told@example\\.com  ${user.id}  made today .*, address proven$`)),
    ]);
    expect((await run('remove', 'told@example.com', '--last'))[0]).toBe(
      'told@example.com is no administrator any more; 0 are left.',
    );
    expect(await run('list')).toEqual(['There are no administrators.']);
  });

  test.each([
    [[]],
    [['create']],
    [['create', 'a@example.com', 'password', 'more']],
    [['create', 'a@example.com', '--last']],
    [['remove']],
    [['remove', 'a@example.com', 'b@example.com']],
    [['list', 'a@example.com']],
  ])('%j is told how it is used', (args) => {
    expect(() => parseAdminCommand(args, {})).toThrow(/^usage: npm run admin:/);
  });
});
