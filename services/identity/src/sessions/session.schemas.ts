import {
  Closed,
  EmailAddress,
  IdSchema,
  Nullable,
  type SessionId,
  Text,
  Timestamp,
} from '@hivesync/contracts';
import { type Static, Type } from 'typebox';
import { OfferedPassword } from '../fields.schemas.ts';
import { accessTokenSeconds } from '../signing-keys/access-tokens.ts';
import { Me, toMe } from '../users/user.schemas.ts';
import type { LoggedInPair, TokenPair } from './login.service.ts';
import type { SessionRecord } from './session.repository.ts';

export const LoginBody = Closed(
  {
    email: EmailAddress,
    password: OfferedPassword,
    device_token: Type.Optional(
      Type.String({
        maxLength: 1_000,
        description:
          'What an earlier login on this device answered; keep it past a logout. Any other text counts as none',
      }),
    ),
    device: Type.Optional(
      Closed({
        name: Text(200, { min: 1, description: 'Goes before the header X-Device-Name' }),
        platform: Type.Optional(Text(50, { min: 1 })),
      }),
    ),
  },
  { examples: [{ email: 'alice@example.com', password: 'correct horse battery' }] },
);

export const LoginHeaders = Type.Object({
  'x-device-name': Type.Optional(
    Type.String({ description: 'In UTF-8; cut at 200 characters. It never makes a login fail' }),
  ),
});

export const RefreshBody = Closed(
  { refresh_token: Type.String({ minLength: 1, maxLength: 200 }) },
  { examples: [{ refresh_token: 'what login answered as refresh_token' }] },
);

/** A pair of tokens. The refresh token is good for one use; whoever loses the answer may ask again. */
export const Tokens = Closed(
  {
    access_token: Type.String({ description: 'EdDSA JWT' }),
    token_type: Type.Literal('Bearer'),
    expires_in: Type.Integer({ description: 'Seconds that the access token is good for' }),
    refresh_token: Type.String(),
    session_id: IdSchema<SessionId>(),
  },
  { $id: 'Tokens' },
);
export type Tokens = Static<typeof Tokens>;

/** An access token that tells that the password was just shown. */
export const Reauthenticated = Closed(
  {
    access_token: Tokens.properties.access_token,
    token_type: Tokens.properties.token_type,
    expires_in: Tokens.properties.expires_in,
  },
  { $id: 'Reauthenticated' },
);
export type Reauthenticated = Static<typeof Reauthenticated>;

export const LoggedIn = Closed(
  {
    ...Tokens.properties,
    suspicious: Type.Boolean({ description: 'Unseen device and network, or after repeated failures' }),
    device_token: Type.String({
      description:
        'For the next login on this device: what others guess does not lock it out. It opens nothing',
    }),
    user: Me,
  },
  { $id: 'LoggedIn' },
);
export type LoggedIn = Static<typeof LoggedIn>;

export const SessionInList = Closed(
  {
    id: IdSchema<SessionId>(),
    current: Type.Boolean({ description: 'The session that asks' }),
    device_name: Nullable(Type.String()),
    platform: Nullable(Type.String()),
    ip_address: Nullable(Type.String()),
    user_agent: Nullable(Type.String()),
    suspicious: Type.Boolean(),
    created_at: Timestamp,
    last_seen: Timestamp,
  },
  { $id: 'Session' },
);
export type SessionInList = Static<typeof SessionInList>;

export const SessionParams = Closed({ session_id: IdSchema<SessionId>() });

export function toReauthenticated(accessToken: string): Reauthenticated {
  return { access_token: accessToken, token_type: 'Bearer', expires_in: accessTokenSeconds };
}

export function toTokens(pair: TokenPair): Tokens {
  return {
    ...toReauthenticated(pair.accessToken),
    refresh_token: pair.refreshToken,
    session_id: pair.sessionId,
  };
}

export function toLoggedIn(pair: LoggedInPair): LoggedIn {
  const { suspicious, deviceToken, user } = pair;
  return { ...toTokens(pair), suspicious, device_token: deviceToken, user: toMe(user) };
}

export function toSessionInList(session: SessionRecord, current: SessionId): SessionInList {
  return {
    id: session.id,
    current: session.id === current,
    device_name: session.deviceName,
    platform: session.platform,
    ip_address: session.ipAddress,
    user_agent: session.userAgent,
    suspicious: session.suspicious,
    created_at: session.createdAt,
    last_seen: session.lastSeen,
  };
}
