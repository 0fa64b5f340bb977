import { baseConfigSchema, loadConfig as load, publicUrlSchema } from '@hivesync/http';
import { type Static, Type } from 'typebox';

/** The environment of the projects service. */
export const configSchema = Type.Object({
  ...baseConfigSchema.properties,
  // Uploads and downloads have absolute URLs.
  PUBLIC_URL: publicUrlSchema,
  OBJECTS_DIR: Type.String({
    minLength: 1,
    description: 'The folder of uploaded files, on one file system. The same in all replicas',
  }),
  OBJECTS_SIGNING_SECRET: Type.String({
    minLength: 32,
    description: 'Signs the URLs of uploads and downloads. The same in all replicas',
  }),
});
export type Config = Static<typeof configSchema>;

/** @throws ConfigError that names each variable which is missing or malformed */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  return load(configSchema, environment);
}
