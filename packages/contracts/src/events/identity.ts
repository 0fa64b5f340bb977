import { Type } from 'typebox';
import { Tier, UserRole } from '../enums.ts';
import { IdSchema, type UserId } from '../ids.ts';
import { defineEvent } from './event.ts';

/** The fields of a user that other services keep fresh beside its id. */
export const PublicUser = Type.Object(
  {
    display_name: Type.String(),
    avatar_url: Type.Union([Type.String(), Type.Null()]),
    tier: Tier,
  },
  { additionalProperties: false },
);

const Nothing = Type.Object({}, { additionalProperties: false });

export const userRegistered = defineEvent('identity.user.registered', PublicUser);
export const userUpdated = defineEvent('identity.user.updated', PublicUser);
export const userRoleChanged = defineEvent(
  'identity.user.role_changed',
  Type.Object({ role: UserRole }, { additionalProperties: false }),
);
/** Somebody followed the link that was mailed to their address: it counts from now on for what others send to it. */
export const userEmailVerified = defineEvent('identity.user.email_verified', Nothing);
/** Somebody asked for one more mail with such a link, and it was not refused as one too many. */
export const userVerificationRequested = defineEvent('identity.user.verification_requested', Nothing);
export const userDeleted = defineEvent('identity.user.deleted', Nothing, { deletes: true });
/** An administrator looked at one user's whole record, email included. */
export const userInspected = defineEvent('identity.user.inspected', Nothing);
/** Somebody took an archive of everything that is held on them. */
export const userExported = defineEvent('identity.user.exported', Nothing);

const SessionOf = Type.Object({ user_id: IdSchema<UserId>() }, { additionalProperties: false });

export const sessionStarted = defineEvent(
  'identity.session.started',
  Type.Object({ user_id: IdSchema<UserId>(), suspicious: Type.Boolean() }, { additionalProperties: false }),
);
export const sessionEnded = defineEvent(
  'identity.session.ended',
  Type.Object(
    {
      user_id: IdSchema<UserId>(),
      reason: Type.Union([
        Type.Literal('logout'),
        Type.Literal('revoked'),
        Type.Literal('token_reuse'),
        Type.Literal('account_deleted'),
        Type.Literal('expired'),
      ]),
    },
    { additionalProperties: false },
  ),
);
/** Somebody who was logged in showed their password again, for an access token that allows destructive actions. */
export const sessionReauthenticated = defineEvent('identity.session.reauthenticated', SessionOf);
export const refreshTokenReused = defineEvent('identity.session.token_reused', SessionOf);
/**
 * Subject is the user when the email is known, else a random id: it must not tell which. `throttled` is told once a block,
 * with the first attempt that it turns away.
 */
export const loginFailed = defineEvent(
  'identity.login.failed',
  Type.Object(
    {
      reason: Type.Union([Type.Literal('credentials'), Type.Literal('throttled')]),
      failures: Type.Optional(Type.Integer({ description: 'Wrong passwords that led to the block' })),
      refused: Type.Optional(Type.Integer({ description: 'Attempts that the blocks before it turned away' })),
    },
    { additionalProperties: false },
  ),
);

/** Subject is the new key's `kid`: what signs access tokens from now on. */
export const signingKeyRotated = defineEvent(
  'identity.signing_key.rotated',
  Type.Object(
    { kid: Type.String(), retired: Type.Array(Type.String(), { description: 'kids that sign no more' }) },
    { additionalProperties: false },
  ),
);
