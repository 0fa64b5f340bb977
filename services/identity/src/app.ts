import { ApiError } from '@hivesync/contracts';
import type { DataSource } from '@hivesync/database';
import {
  type App,
  createApp,
  type KeyResolver,
  localKeySet,
  remoteKeys,
  type ServiceAppOptions,
} from '@hivesync/http';
import { accountDeletionRoutes } from './account-deletion/account-deletion.routes.ts';
import type { Config } from './config.ts';
import { database } from './database/data-source.ts';
import { deliverInBackground } from './email-verification/delivering.ts';
import { deleteExpiredVerifications } from './email-verification/email-verification.repository.ts';
import { emailVerificationRoutes } from './email-verification/email-verification.routes.ts';
import { verificationMail } from './email-verification/verification-mail.ts';
import { fileTransport } from './mail/file-transport.ts';
import type { MailTransport } from './mail/mail-transport.ts';
import { mailsCheck, sendInBackground } from './mail/sending.ts';
import { smtpTransport } from './mail/smtp-transport.ts';
import { notificationRoutes } from './notifications/notification.routes.ts';
import { exportRoutes } from './personal-data/export.routes.ts';
import { authRoutes } from './sessions/auth.routes.ts';
import { DeviceTokens } from './sessions/device-tokens.ts';
import type { SessionContext } from './sessions/login.service.ts';
import { LoginThrottle } from './sessions/login-throttle.ts';
import { deleteExpiredTokens } from './sessions/refresh-token.repository.ts';
import { RefreshTokens } from './sessions/refresh-tokens.ts';
import { sessionRoutes } from './sessions/session.routes.ts';
import { endForgottenSessions } from './sessions/session.service.ts';
import { jwksRoutes } from './signing-keys/jwks.routes.ts';
import { deriveKey, parseEncryptionKey } from './signing-keys/key-encryption.ts';
import { SigningKeys } from './signing-keys/signing-key.service.ts';
import { subscriptions } from './subscriptions.ts';
import { accountRoutes } from './users/account.routes.ts';
import { adminUserRoutes } from './users/admin-user.routes.ts';
import { userResolveRoutes } from './users/user-resolve.routes.ts';

export { parseAdminCommand } from './commands/admin-command.ts';
export { type CreatedAdmin, createAdmin, type NewAdmin } from './commands/administrators.ts';
export { type Config, configSchema, loadConfig } from './config.ts';
export { database, subscriptions };

export interface Dependencies extends Pick<ServiceAppOptions, 'logger'> {
  config: Config;
  dataSource: DataSource;
  /** Default: its own keys for people, and those of services over HTTP. */
  keys?: Partial<KeyResolver>;
}

/** The identity service as an app that does not listen yet. Its data source need not be connected. */
export async function buildApp(dependencies: Dependencies): Promise<App> {
  const { config, dataSource, logger } = dependencies;
  const encryptionKey = parseEncryptionKey(config.IDENTITY_KEY_ENCRYPTION_KEY);
  const keys = new SigningKeys(dataSource, encryptionKey, config.SIGNING_KEY_ROTATION_DAYS);
  const context: SessionContext = {
    dataSource,
    keys,
    throttle: new LoginThrottle(dataSource, deriveKey(encryptionKey, 'login-throttle'), {
      perAccount: config.LOGIN_FAILURES_PER_ACCOUNT,
      perAddress: config.LOGIN_FAILURES_PER_ADDRESS,
    }),
    refreshTokens: new RefreshTokens(deriveKey(encryptionKey, 'refresh-tokens')),
    deviceTokens: new DeviceTokens(deriveKey(encryptionKey, 'device-tokens')),
    lifetime: { unusedDays: config.REFRESH_TOKEN_DAYS, totalDays: config.SESSION_DAYS },
  };
  const transport = mailTransport(config);
  const app = await createApp({
    service: 'identity',
    config,
    dataSource,
    database,
    subscriptions,
    openapi: {
      title: 'HiveSync identity',
      description: 'Accounts, sessions and the tokens that every service verifies; notifications.',
      tags: {
        account: 'Making an account, proving its address, changing it, taking everything along, and leaving',
        keys: 'The public keys of access tokens',
        notifications: 'The inbox of a person, filled by what others do',
        sessions: 'Logging in, staying so, and seeing where one is',
      },
    },
    keys: { ...remoteKeys(config.SERVICE_URLS), user: ownKeys(keys), ...dependencies.keys },
    logger,
    readiness: () => mailsCheck(dataSource, transport),
  });
  // A key that cannot be opened is known at the start, not at somebody's login.
  app.lifecycle.whenReady('signing key', () => keys.active());
  app.lifecycle.every('rotation of the signing key', 3_600, () => keys.active());
  app.lifecycle.every('expired refresh tokens', 3_600, () => deleteExpiredTokens(dataSource));
  app.lifecycle.every('sessions that ran out', 3_600, () =>
    endForgottenSessions(dataSource, context.lifetime),
  );
  app.lifecycle.every('expired links', 3_600, () => deleteExpiredVerifications(dataSource));
  const key = deriveKey(encryptionKey, 'email-verification');
  const compose = {
    email_verification: verificationMail(dataSource, { key, publicUrl: config.PUBLIC_URL }),
  };
  sendInBackground(app, { dataSource, transport, compose });
  deliverInBackground(app);
  await app.register(accountRoutes);
  await app.register(emailVerificationRoutes);
  await app.register(accountDeletionRoutes, { context });
  await app.register(exportRoutes);
  await app.register(authRoutes, { context });
  await app.register(sessionRoutes);
  await app.register(notificationRoutes);
  await app.register(adminUserRoutes);
  await app.register(userResolveRoutes);
  await app.register(jwksRoutes, { keys });
  return app;
}

/** Undefined where none is configured: mails wait. */
function mailTransport({
  SMTP_URL: url,
  MAIL_FROM: from,
  MAIL_FOLDER: folder,
}: Config): MailTransport | undefined {
  if (url !== undefined) return smtpTransport({ url, from });
  return folder === undefined ? undefined : fileTransport(folder);
}

/** Identity verifies people's tokens with the keys at hand. */
function ownKeys(keys: SigningKeys): KeyResolver['user'] {
  return localKeySet(async () => {
    try {
      return await keys.keySet();
    } catch (cause) {
      // Without this a caller would hear that their token is bad.
      throw new ApiError('DATABASE_UNAVAILABLE', { headers: { 'retry-after': '2' }, cause });
    }
  });
}
