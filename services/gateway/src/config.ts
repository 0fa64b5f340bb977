import { listenConfigSchema, loadConfig as load } from '@hivesync/http';
import { type Static, Type } from 'typebox';

export const configSchema = Type.Object({
  ...listenConfigSchema.properties,
  UPSTREAM_DEADLINE_MS: Type.Integer({
    default: 30_000,
    minimum: 100,
    maximum: 300_000,
    description:
      'Milliseconds until a service must have begun to answer, and between two pieces of its answer',
  }),
  BODY_LIMIT_BYTES: Type.Integer({
    default: 1_048_576,
    minimum: 1_024,
    description: 'Of any request body but uploads; services set lower limits for their own routes',
  }),
  UPLOAD_LIMIT_BYTES: Type.Integer({
    default: 104_857_600,
    minimum: 1_024,
    description:
      'Of a body that its service streams to the storage; each upload is granted a size of its own',
  }),
  TRUSTED_PROXIES: Type.Optional(
    Type.String({
      description:
        'Addresses or networks of proxies of ours in front of the gateway, with commas between; only their X-Forwarded-For is believed',
    }),
  ),
  STRANGER_REQUESTS_PER_MINUTE: Type.Integer({
    default: 120,
    minimum: 1,
    description: 'From one address without a valid token',
  }),
});

export type Config = Static<typeof configSchema>;

/** @throws ConfigError naming what is missing or does not fit */
export function loadConfig(env?: Record<string, string | undefined>): Config {
  return load(configSchema, env);
}
