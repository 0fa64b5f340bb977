import { baseConfigSchema, loadConfig as load } from '@hivesync/http';
import type { Static } from 'typebox';

/** Nothing beyond what every service has; identity's address comes with `SERVICE_URLS`. */
export const configSchema = baseConfigSchema;
export type Config = Static<typeof configSchema>;

export const loadConfig = (env: NodeJS.ProcessEnv): Config => load(configSchema, env);
