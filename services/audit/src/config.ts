import { baseConfigSchema, loadConfig as load } from '@hivesync/http';
import type { Static } from 'typebox';

/** The environment of the audit service: what every service reads, and nothing else yet. */
export const configSchema = baseConfigSchema;
export type Config = Static<typeof configSchema>;

/** @throws ConfigError that names each variable which is missing or malformed */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  return load(configSchema, environment);
}
