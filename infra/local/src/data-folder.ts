import { resolve } from 'node:path';

/** Where this machine's data and secrets are: `HIVESYNC_DATA_DIR`, else `.data` in the repository. */
export function dataFolder(): string {
  return resolve(process.env.HIVESYNC_DATA_DIR ?? `${import.meta.dirname}/../../../.data`);
}
