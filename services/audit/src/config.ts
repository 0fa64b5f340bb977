import { baseConfigSchema, loadConfig as load } from '@hivesync/http';
import { type Static, Type } from 'typebox';

/** The environment of the audit service, beside what every service reads. */
export const configSchema = Type.Object({
  ...baseConfigSchema.properties,
  INTEGRITY_AUDIT_HOURS: Type.Integer({
    default: 24,
    minimum: 0,
    maximum: 8_760,
    description:
      'Hours after which the references of all services are audited again by themselves; 0 for never',
  }),
});
export type Config = Static<typeof configSchema>;

/** @throws ConfigError that names each variable which is missing or malformed */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  return load(configSchema, environment);
}
