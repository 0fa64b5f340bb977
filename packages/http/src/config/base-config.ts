import { type Static, Type } from 'typebox';

export const publicUrlSchema = Type.String({
  pattern: '^https?://[^\\s/?#@]+$',
  description:
    'Where clients reach the gateway, without a path, e.g. https://api.example.com. URLs are built from it alone, never from what a request says of its host',
});

/** What every app that listens needs to know. The gateway has nothing more in common with the services. */
export const listenConfigSchema = Type.Object({
  HOST: Type.String({ default: '127.0.0.1', minLength: 1 }),
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, description: '0 takes any free port' }),
  LOG_LEVEL: Type.Unsafe<LogLevel>({
    type: 'string',
    enum: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
  }),
  SERVICE_URLS: Type.Unsafe<Record<string, string>>({
    type: 'object',
    additionalProperties: { type: 'string', pattern: '^https?://[^\\s]+$' },
    description: 'JSON: base URL of each service by its name, e.g. {"identity":"http://127.0.0.1:8081"}',
  }),
  PUBLIC_URL: Type.Optional(publicUrlSchema),
  BUILD_COMMIT: Type.Optional(
    Type.String({ maxLength: 64, description: 'Which commit runs, for the metric hivesync_build_info' }),
  ),
  DRAIN_SECONDS: Type.Number({
    default: 1,
    minimum: 0,
    maximum: 3,
    description:
      'How long requests are still taken after readiness has failed, so that a balancer can notice',
  }),
});

/** The environment of a service that owns tables. `config.ts` of each adds its own variables to it. */
export const baseConfigSchema = Type.Object({
  ...listenConfigSchema.properties,
  DATABASE_URL: Type.String({ pattern: '^postgres(ql)?://[^\\s]+$' }),
  DATABASE_LISTEN_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://[^\\s]+$',
      description: 'A way to the same database that does not go through a transaction pooler',
    }),
  ),
  DATABASE_POOL_SIZE: Type.Integer({ default: 10, minimum: 2, maximum: 200 }),
  SERVICE_PRIVATE_KEY: Type.String({
    minLength: 1,
    description: 'Ed25519, PKCS #8: PEM, or base64 of the PEM or DER',
  }),
  CURSOR_SECRET: Type.Optional(
    Type.String({
      minLength: 16,
      description:
        'Keys of two kinds are derived from it: one authenticates page cursors, one hashes what is kept with an Idempotency-Key. The same in all replicas. Absent: SERVICE_PRIVATE_KEY takes its place',
    }),
  ),
  OUTBOX_RETENTION_DAYS: Type.Integer({
    default: 30,
    minimum: 0,
    maximum: 36_500,
    description:
      'Age in days after which events that every known reader has applied are deleted; 0 keeps them for ever',
  }),
});

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
export type ListenConfig = Static<typeof listenConfigSchema>;
export type BaseConfig = Static<typeof baseConfigSchema>;
/** What `createApp` takes: a service's configuration, or the gateway's, which has no database and no key. */
export type AppConfig = ListenConfig & Partial<BaseConfig>;
