import { randomBytes } from 'node:crypto';
import { ApiError, EmailAddress, type UserId } from '@hivesync/contracts';
import { type DataSource, transaction } from '@hivesync/database';
import { Compile } from 'typebox/compile';
import { assertAcceptablePassword, hashPassword } from '../users/passwords.ts';
import { findUserByEmail } from '../users/user.repository.ts';
import { changeRole, registerUser } from '../users/user.service.ts';

const email = Compile(EmailAddress);

export interface NewAdmin {
  email: string;
  /** Generated where it is absent and the account is new; an account that exists keeps its own. */
  password?: string | undefined;
  displayName?: string | undefined;
  /** Only an account that is there: nothing is made where there is none. */
  existing?: boolean | undefined;
}

export interface CreatedAdmin {
  userId: UserId;
  created: boolean;
  /** Only where it was generated: show it once, keep it nowhere. */
  generatedPassword?: string;
}

/**
 * Makes an administrator, or makes one of an account that exists. No route of the API can: whoever runs this
 * holds the database. It leaves the same events as any change, and so its rows in the audit log. Safe to repeat.
 *
 * @throws ApiError VALIDATION_FAILED, or PASSWORD_TOO_COMMON for a password given for a new account; NOT_FOUND where
 * only an existing account would do
 */
export async function createAdmin(dataSource: DataSource, admin: NewAdmin): Promise<CreatedAdmin> {
  if (!email.Check(admin.email)) {
    throw new ApiError('VALIDATION_FAILED', { detail: 'This is not an email address' });
  }
  const present = await findUserByEmail(dataSource, admin.email);
  if (present) {
    await transaction(dataSource, (tx) => changeRole(tx, present.id, 'admin', {}));
    return { userId: present.id, created: false };
  }
  if (admin.existing) throw new ApiError('NOT_FOUND', { detail: `There is no account ${admin.email} here` });
  const password = admin.password ?? randomBytes(18).toString('base64url');
  assertAcceptablePassword(password);
  const passwordHash = await hashPassword(password);
  const user = await transaction(dataSource, async (tx) => {
    const registered = await registerUser(
      tx,
      { email: admin.email, passwordHash, displayName: admin.displayName ?? 'Administrator' },
      {},
    );
    return changeRole(tx, registered.id, 'admin', {});
  });
  return {
    userId: user.id,
    created: true,
    ...(admin.password === undefined ? { generatedPassword: password } : {}),
  };
}
