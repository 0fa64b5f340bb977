import {
  ApiError,
  type EventData,
  type UserId,
  type UserRole,
  userRegistered,
  userRoleChanged,
  userUpdated,
} from '@hivesync/contracts';
import { type DataSource, newId, type Transaction } from '@hivesync/database';
import { type Origin, publish } from '@hivesync/events';
import type { Precondition } from '@hivesync/http';
import { mailLink } from '../email-verification/email-verification.service.ts';
import { explainPreferencesRefusal } from './preferences.ts';
import {
  bumpVersion,
  findUser,
  insertUser,
  lockUser,
  type PublicUserRecord,
  saveProfile,
  setRole,
  type UserRecord,
} from './user.repository.ts';

/** Shown until a person names themselves. Not made from the email: other people see it. */
export const defaultDisplayName = 'New user';

export interface Registration {
  email: string;
  passwordHash: string;
  displayName?: string | undefined;
}

export interface ProfileChange {
  displayName?: string | undefined;
  avatarUrl?: string | null | undefined;
  preferences?: Record<string, unknown> | undefined;
}

/** What other services keep of a user. */
export function publicUser(user: PublicUserRecord): EventData<typeof userRegistered> {
  return { display_name: user.displayName, avatar_url: user.avatarUrl, tier: user.tier };
}

/** @throws ApiError NOT_FOUND */
export async function existingUser(source: Transaction | DataSource, id: UserId): Promise<UserRecord> {
  const user = await findUser(source, id);
  if (!user) throw new ApiError('NOT_FOUND');
  return user;
}

/**
 * Makes an account, and has a link mailed by which its address is proven. All else works without.
 * @throws ApiError EMAIL_TAKEN, also when two registrations of one address race
 */
export async function registerUser(
  tx: Transaction,
  registration: Registration,
  origin: Origin,
): Promise<UserRecord> {
  const id = newId<UserId>();
  const inserted = await insertUser(tx, {
    id,
    email: registration.email,
    passwordHash: registration.passwordHash,
    displayName: registration.displayName ?? defaultDisplayName,
  });
  if (!inserted) throw new ApiError('EMAIL_TAKEN', { errors: [{ path: 'body/email', message: 'is taken' }] });
  await mailLink(tx, id);
  const user = await existingUser(tx, id);
  await publish(tx, userRegistered, {
    subject: id,
    version: user.version,
    data: publicUser(user),
    origin: { ...origin, actorId: origin.actorId ?? id },
  });
  return user;
}

/**
 * Changes what is given and leaves the rest. A change to what already is changes nothing: no version, no event.
 *
 * @throws ApiError NOT_FOUND, PRECONDITION_FAILED, VALIDATION_FAILED (preferences)
 */
export async function changeProfile(
  tx: Transaction,
  id: UserId,
  change: ProfileChange,
  ifMatch: Precondition,
  origin: Origin,
): Promise<UserRecord> {
  const version = await lockUser(tx, id);
  if (version === null) throw new ApiError('NOT_FOUND');
  ifMatch.require(version);
  const before = await existingUser(tx, id);
  const after = {
    id,
    displayName: change.displayName ?? before.displayName,
    avatarUrl: change.avatarUrl === undefined ? before.avatarUrl : change.avatarUrl,
    preferences: change.preferences ?? before.preferences,
  };
  const saved = await saveProfile(tx, after).catch((error: unknown) => {
    throw explainPreferencesRefusal(error);
  });
  if (!saved) return before;
  await bumpVersion(tx, id);
  const user = await existingUser(tx, id);
  await publish(tx, userUpdated, { subject: id, version: user.version, data: publicUser(user), origin });
  return user;
}

/** @throws ApiError NOT_FOUND */
export async function changeRole(
  tx: Transaction,
  id: UserId,
  role: UserRole,
  origin: Origin,
): Promise<UserRecord> {
  await lockUser(tx, id);
  const before = await existingUser(tx, id);
  if (before.role === role) return before;
  await setRole(tx, id, role);
  const user = await existingUser(tx, id);
  await publish(tx, userRoleChanged, { subject: id, version: user.version, data: { role }, origin });
  return user;
}

/** `ch***@domain.com`: enough to recognise an address that one knows, too little to learn it. */
export function redactEmail(email: string): string {
  const at = email.lastIndexOf('@');
  const shown = Math.min(2, Math.max(1, at - 1));
  return `${email.slice(0, shown)}***${email.slice(at)}`;
}
