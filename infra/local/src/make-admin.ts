import { join } from 'node:path';
import {
  appRole,
  createDataSource,
  databaseOf,
  databaseUrl,
  defaultDatabase,
  roleUrl,
} from '@hivesync/database';
import { withEmbedded } from '@hivesync/database/embedded';
import { type CreatedAdmin, createAdmin, database, type NewAdmin } from '@hivesync/identity';
import { dataFolder } from './data-folder.ts';
import { loadSecrets } from './secrets.ts';

/**
 * Makes an administrator in this machine's platform, whether it runs at the moment or not, under identity's own
 * role. The platform must have been started once.
 * @throws ApiError for an email or a password that identity does not accept, or NOT_FOUND (see `existing`)
 */
export async function makeAdmin(admin: NewAdmin): Promise<CreatedAdmin> {
  const folder = dataFolder();
  const on = async (serverUrl: string) => {
    const { role_secret } = loadSecrets(join(folder, 'secrets.json'));
    const url = roleUrl(databaseUrl(serverUrl, databaseOf(serverUrl)), appRole('identity'), role_secret);
    const dataSource = await createDataSource(database, url, { poolSize: 1 }).initialize();
    try {
      return await createAdmin(dataSource, admin);
    } finally {
      await dataSource.destroy();
    }
  };
  if (process.env.DATABASE_URL) return on(process.env.DATABASE_URL);
  return withEmbedded({ dataDir: join(folder, 'postgres') }, ({ url }) =>
    on(databaseUrl(url, defaultDatabase)),
  );
}
