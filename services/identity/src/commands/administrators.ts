import { randomBytes } from 'node:crypto';
import { ApiError, EmailAddress, type UserId } from '@hivesync/contracts';
import { type DataSource, transaction } from '@hivesync/database';
import { Compile } from 'typebox/compile';
import { assertAcceptablePassword, hashPassword } from '../users/passwords.ts';
import {
  administrators,
  findUserByEmail,
  findUsers,
  lockAdministrators,
  type UserRecord,
} from '../users/user.repository.ts';
import { changeRole, registerUser } from '../users/user.service.ts';

const email = Compile(EmailAddress);

export interface NewAdmin {
  email: string;
  /** Of a new account; generated where it is absent. An account that exists keeps its own. */
  password?: string | undefined;
  displayName?: string | undefined;
  /** Only an account that is there, and whose address is proven: nothing is made where there is none. */
  existing?: boolean | undefined;
}

export interface CreatedAdmin {
  userId: UserId;
  created: boolean;
  /** What there was to know of an account that existed. */
  account?: Account;
  /** Only where it was generated: show it once, keep it nowhere. */
  generatedPassword?: string;
}

export type Account = Pick<UserRecord, 'createdAt' | 'emailVerifiedAt'>;

/**
 * Makes an account that is an administrator's, or with `existing` makes an administrator of one that is there. No
 * route of the API can: whoever runs this holds the database. It leaves the same events as any change, and so its
 * rows in the audit log. Safe to repeat.
 *
 * Anybody can register anybody's address first. So an account that is there is promoted only when that is what was
 * asked for, and only where a mailed link has shown whose the address is.
 *
 * @throws ApiError VALIDATION_FAILED, or PASSWORD_TOO_COMMON for a password given for a new account; EMAIL_TAKEN where
 * there is an account and `existing` was not said, NOT_FOUND where it was and there is none, EMAIL_NOT_VERIFIED
 */
export async function createAdmin(dataSource: DataSource, admin: NewAdmin): Promise<CreatedAdmin> {
  if (!email.Check(admin.email)) {
    throw new ApiError('VALIDATION_FAILED', { detail: 'This is not an email address' });
  }
  const present = await findUserByEmail(dataSource, admin.email);
  if (present) return promote(dataSource, present, admin);
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

async function promote(dataSource: DataSource, present: UserRecord, admin: NewAdmin): Promise<CreatedAdmin> {
  const known = `${admin.email} has an account already, ${describeAccount(present)}`;
  if (present.role !== 'admin') {
    if (!admin.existing) {
      throw new ApiError('EMAIL_TAKEN', { detail: `${known}: say --existing to make it an administrator` });
    }
    if (!present.emailVerifiedAt) {
      throw new ApiError('EMAIL_NOT_VERIFIED', {
        detail: `${known}: its owner must follow the link that was mailed to it first`,
      });
    }
    await transaction(dataSource, (tx) => changeRole(tx, present.id, 'admin', {}));
  }
  return { userId: present.id, created: false, account: present };
}

/**
 * Takes the role from an administrator; nothing happens to one who has none. Whoever is left without administrators
 * hears of no finding, so the last one goes only when that is said.
 * @returns how many administrators are left
 * @throws ApiError NOT_FOUND, LAST_ADMINISTRATOR
 */
export async function removeAdmin(
  dataSource: DataSource,
  { email: address, last = false }: { email: string; last?: boolean | undefined },
): Promise<{ userId: UserId; removed: boolean; left: number }> {
  const present = await findUserByEmail(dataSource, address);
  if (!present) throw new ApiError('NOT_FOUND', { detail: `There is no account ${address} here` });
  return transaction(dataSource, async (tx) => {
    const all = await lockAdministrators(tx);
    const removed = all.includes(present.id);
    const left = all.length - (removed ? 1 : 0);
    if (removed && left === 0 && !last) {
      throw new ApiError('LAST_ADMINISTRATOR', {
        detail: `${address} is the last administrator: say --last if nobody is to hear of findings`,
      });
    }
    if (removed) await changeRole(tx, present.id, 'user', {});
    return { userId: present.id, removed, left };
  });
}

/** Everybody who is an administrator, oldest account first. */
export async function listAdmins(dataSource: DataSource): Promise<UserRecord[]> {
  const admins = await findUsers(dataSource, await administrators(dataSource));
  return admins.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
}

const dayMs = 86_400_000;

/** E.g. `made 3 days ago, address proven`. */
export function describeAccount({ createdAt, emailVerifiedAt }: Account): string {
  const days = Math.floor((Date.now() - createdAt.getTime()) / dayMs);
  const age = days === 0 ? 'today' : days === 1 ? 'yesterday' : `${days} days ago`;
  return `made ${age} (${createdAt.toISOString().slice(0, 16)}Z), address ${emailVerifiedAt ? 'proven' : 'not proven'}`;
}
