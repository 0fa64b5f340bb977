import { baseConfigSchema, loadConfig as load, publicUrlSchema } from '@hivesync/http';
import { type Static, Type } from 'typebox';

/** The environment of the identity service, beside what every service reads. */
export const configSchema = Type.Object({
  ...baseConfigSchema.properties,
  IDENTITY_KEY_ENCRYPTION_KEY: Type.String({
    description: '32 bytes in base64: encrypts the private signing keys at rest. openssl rand -base64 32',
  }),
  SIGNING_KEY_ROTATION_DAYS: Type.Integer({ default: 90, minimum: 1, maximum: 3_650 }),
  REFRESH_TOKEN_DAYS: Type.Integer({
    default: 30,
    minimum: 1,
    maximum: 365,
    description: 'A session that is not refreshed for so many days is over',
  }),
  SESSION_DAYS: Type.Integer({
    default: 90,
    minimum: 1,
    maximum: 365,
    description: 'So many days after its login a session is over, however often it was refreshed',
  }),
  // Links in mails begin with it.
  PUBLIC_URL: Type.String({ ...publicUrlSchema, default: 'http://127.0.0.1:8080' }),
  MAIL_FROM: Type.String({
    default: 'HiveSync <hivesync@localhost>',
    pattern: '^[^\\r\\n]+$',
    description: 'The sender of mails',
  }),
  SMTP_URL: Type.Optional(
    Type.String({
      pattern: '^smtps?://[^\\s]+$',
      description:
        'Where mails are handed in, e.g. smtps://user:password@host:465. Without it and MAIL_FOLDER they wait',
    }),
  ),
  MAIL_FOLDER: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'For development, where SMTP_URL is not set: each mail becomes a file in this folder',
    }),
  ),
  LOGIN_FAILURES_PER_ACCOUNT: Type.Integer({
    default: 10,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Within an hour',
  }),
  LOGIN_FAILURES_PER_ADDRESS: Type.Integer({
    default: 100,
    minimum: 1,
    maximum: 1_000_000,
    description: 'Within an hour',
  }),
});
export type Config = Static<typeof configSchema>;

/** @throws ConfigError that names each variable which is missing or malformed */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  return load(configSchema, environment);
}
