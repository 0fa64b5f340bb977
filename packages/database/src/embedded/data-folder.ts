import { resolve } from 'node:path';

/**
 * Where a repository's local data and secrets are: `HIVESYNC_DATA_DIR`, else `.data`. A relative one starts at the
 * repository, wherever the command runs. The cluster is in `postgres` below it.
 */
export function dataFolder(repository: string, env: NodeJS.ProcessEnv = process.env): string {
  return resolve(repository, env.HIVESYNC_DATA_DIR || '.data');
}

/** The cluster's folder in a data folder. */
export const clusterFolder = (folder: string): string => resolve(folder, 'postgres');
