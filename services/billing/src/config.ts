import { baseConfigSchema, loadConfig as load } from '@hivesync/http';
import { type Static, Type } from 'typebox';

/** The environment of the billing service, beside what every service reads. */
export const configSchema = Type.Object({
  ...baseConfigSchema.properties,
  LEMONSQUEEZY_API_KEY: Type.Optional(
    Type.String({
      // What a header can hold: fetch would quote any other in its complaint, and so in a log.
      pattern: '^[!-~]+$',
      description: 'Absent: nothing is asked of the provider, and cancellations wait',
    }),
  ),
  LEMONSQUEEZY_API_URL: Type.String({
    default: 'https://api.lemonsqueezy.com',
    pattern: '^https?://[^\\s]+$',
  }),
});
export type Config = Static<typeof configSchema>;

/** @throws ConfigError that names each variable which is missing or malformed */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  return load(configSchema, environment);
}
