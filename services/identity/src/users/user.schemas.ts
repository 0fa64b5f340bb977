import {
  Closed,
  EmailAddress,
  FreeNames,
  HttpsUrl,
  IdSchema,
  Name,
  Nullable,
  Tier,
  Timestamp,
  type UserId,
  UserRole,
} from '@hivesync/contracts';
import { type Static, Type } from 'typebox';
import { NewPassword } from '../fields.schemas.ts';
import type { UserRecord } from './user.repository.ts';
import { redactEmail } from './user.service.ts';

const DisplayName = Name(200);
const Preferences = FreeNames(Type.Unknown(), {
  description: 'Whatever the clients wish to remember: an object of at most 16 KB of JSON',
  maxBytes: 16_384,
});

export const RegisterBody = Closed(
  {
    email: EmailAddress,
    password: NewPassword,
    display_name: Type.Optional(DisplayName),
  },
  { examples: [{ email: 'alice@example.com', password: 'correct horse battery', display_name: 'Alice' }] },
);

export const ProfilePatch = Closed(
  {
    display_name: Type.Optional(DisplayName),
    avatar_url: Type.Optional(Nullable(HttpsUrl)),
    preferences_json: Type.Optional(Preferences),
  },
  { examples: [{ display_name: 'Alice A.', preferences_json: { theme: 'dark' } }] },
);

const userFields = {
  id: IdSchema<UserId>(),
  email: Type.String(),
  email_verified: Type.Boolean({ description: 'Whether a link that was mailed to it was followed' }),
  display_name: Type.String(),
  avatar_url: Nullable(Type.String()),
  tier: Tier,
  role: UserRole,
  version: Type.Integer(),
  created_at: Timestamp,
  updated_at: Timestamp,
};

/** A person as they see themselves. */
export const Me = Closed({ ...userFields, preferences_json: Preferences }, { $id: 'User' });
export type Me = Static<typeof Me>;

/** A person as an administrator's list shows them: the email is redacted. */
export const UserInList = Closed(userFields, { $id: 'UserSummary' });
export type UserInList = Static<typeof UserInList>;

export const UserListQuery = Closed({
  tier: Type.Optional(Tier),
  role: Type.Optional(UserRole),
});

export const UserParams = Closed({ user_id: IdSchema<UserId>() });

export const FindByEmailBody = Closed({ email: EmailAddress });

const listed = (user: UserRecord) => ({
  id: user.id,
  email_verified: user.emailVerifiedAt !== null,
  display_name: user.displayName,
  avatar_url: user.avatarUrl,
  tier: user.tier,
  role: user.role,
  version: user.version,
  created_at: user.createdAt,
  updated_at: user.updatedAt,
});

export function toMe(user: UserRecord): Me {
  return { ...listed(user), email: user.email, preferences_json: user.preferences };
}

export function toUserInList(user: UserRecord): UserInList {
  return { ...listed(user), email: redactEmail(user.email) };
}
