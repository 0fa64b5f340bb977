import { listenConfigSchema, loadConfig as load } from '@hivesync/http';
import { type Static, Type } from 'typebox';

/** As browsers send it: a scheme, a host in lower case, a port unless it is the scheme's own, and no path. */
const origin = '[a-z][a-z0-9+.-]*://[a-z0-9.\\[\\]:_-]+';

export const configSchema = Type.Object({
  ...listenConfigSchema.properties,
  UPSTREAM_DEADLINE_MS: Type.Integer({
    default: 10_000,
    minimum: 100,
    maximum: 300_000,
    description:
      'Milliseconds until a service must have begun to answer an ordinary request, and between two pieces of its answer',
  }),
  UPSTREAM_CONNECTIONS: Type.Integer({
    default: 128,
    minimum: 1,
    maximum: 10_000,
    description: 'To each service, for ordinary requests',
  }),
  UPSTREAM_QUEUE: Type.Integer({
    default: 256,
    minimum: 0,
    maximum: 100_000,
    description:
      'Ordinary requests that may wait for a connection to a service; 503 at once for those beyond',
  }),
  STREAM_CONNECTIONS: Type.Integer({
    default: 64,
    minimum: 1,
    maximum: 10_000,
    description: 'To each service, for uploads, downloads and exports; nobody waits for one',
  }),
  STREAM_DEADLINE_MS: Type.Integer({
    default: 60_000,
    minimum: 100,
    maximum: 900_000,
    description:
      'Milliseconds until a service must have begun to answer an upload that it has, and between two pieces of a download',
  }),
  STREAM_WINDOW_MS: Type.Integer({
    default: 30_000,
    minimum: 100,
    maximum: 900_000,
    description:
      'Milliseconds in which a stream must move half a kilobyte a second; who sends or reads less is cut off',
  }),
  STREAMS_PER_ADDRESS: Type.Integer({
    default: 16,
    minimum: 1,
    maximum: 10_000,
    description: 'Uploads, downloads and exports at once of one address',
  }),
  STREAMS_PER_PERSON: Type.Integer({
    default: 8,
    minimum: 1,
    maximum: 10_000,
    description: 'The same of one signed-in person',
  }),
  STREAMS_PER_GRANT: Type.Integer({
    default: 4,
    minimum: 1,
    maximum: 10_000,
    description: 'The same of one signed URL',
  }),
  CALLS_PER_CALLER: Type.Integer({
    default: 64,
    minimum: 1,
    maximum: 10_000,
    description: 'Ordinary requests at once of one signed-in person, or of one address without a token',
  }),
  BODIES_PER_CALLER: Type.Integer({
    default: 32,
    minimum: 1,
    maximum: 10_000,
    description:
      'Bodies of one signed-in person, or of one address without a token, that are being received at once',
  }),
  BODIES_BYTES: Type.Integer({
    default: 134_217_728,
    minimum: 1_048_576,
    maximum: 68_719_476_736,
    description: 'Of all bodies that are being received or wait for their answer, in memory; 503 beyond',
  }),
  BODY_LIMIT_BYTES: Type.Integer({
    default: 1_048_576,
    minimum: 1_024,
    maximum: 16_777_216,
    description: 'Of any request body but uploads; services set lower limits for their own routes',
  }),
  UPLOAD_LIMIT_BYTES: Type.Integer({
    default: 104_857_600,
    minimum: 1_024,
    maximum: 1_073_741_824,
    description:
      'Of a body that its service streams to the storage; each upload is granted a size of its own',
  }),
  TRUSTED_PROXIES: Type.Optional(
    Type.String({
      description:
        'Addresses or networks of proxies of ours in front of the gateway, with commas between; only their X-Forwarded-For is believed',
    }),
  ),
  CORS_ORIGINS: Type.Optional(
    Type.String({
      pattern: `^${origin}(\\s*,\\s*${origin})*$`,
      description:
        'Origins whose scripts may use the API from a browser, with commas between, e.g. https://app.example.com; none by default',
    }),
  ),
  STRANGER_REQUESTS_PER_MINUTE: Type.Integer({
    default: 120,
    minimum: 1,
    maximum: 1_000_000,
    description: 'From one address without a valid token',
  }),
});

export type Config = Static<typeof configSchema>;

/** @throws ConfigError naming what is missing or does not fit */
export function loadConfig(env?: Record<string, string | undefined>): Config {
  return load(configSchema, env);
}
