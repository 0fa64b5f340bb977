import { defineDatabase } from '@hivesync/database';
import { AccountDeletion } from '../account-deletion/account-deletion.entity.ts';
import { sweepUser } from '../account-deletion/account-deletion.service.ts';
import { AccountDeletionPart } from '../account-deletion/account-deletion-part.entity.ts';
import { ApiKey } from '../api-keys/api-key.entity.ts';
import { EmailVerification } from '../email-verification/email-verification.entity.ts';
import { InvitationDelivery } from '../email-verification/invitation-delivery.entity.ts';
import { Mail } from '../mail/mail.entity.ts';
import { Notification } from '../notifications/notification.entity.ts';
import { SessionToken } from '../session-tokens/session-token.entity.ts';
import { DeviceSession } from '../sessions/device-session.entity.ts';
import { LoginThrottle } from '../sessions/login-throttle.entity.ts';
import { RefreshToken } from '../sessions/refresh-token.entity.ts';
import { Session } from '../sessions/session.entity.ts';
import { SigningKey } from '../signing-keys/signing-key.entity.ts';
import { User } from '../users/user.entity.ts';
import { UserProfile } from '../users/user-profile.entity.ts';
import { migrations } from './migrations/index.ts';

/** Everything identity stores, in the schema `identity`. It refers to no other service's rows. */
export const database = defineDatabase({
  service: 'identity',
  entities: [
    User,
    UserProfile,
    DeviceSession,
    Session,
    RefreshToken,
    LoginThrottle,
    SessionToken,
    ApiKey,
    Notification,
    EmailVerification,
    Mail,
    InvitationDelivery,
    SigningKey,
    AccountDeletion,
    AccountDeletionPart,
  ],
  migrations,
  owns: { 'identity.user': User },
  sweeps: { 'identity.user': sweepUser },
  unchangingTables: { account_deletions: 'written once, when the account is deleted' },
  plainIds: {
    'account_deletions.user_id': 'whose account it was: the user is gone, and the report stays',
    'notifications.source_event_id': 'names an event of any service, not a row',
  },
});
