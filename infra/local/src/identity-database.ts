import { join } from 'node:path';
import {
  appRole,
  createDataSource,
  type DataSource,
  databaseOf,
  databaseUrl,
  defaultDatabase,
  roleUrl,
} from '@hivesync/database';
import { withEmbedded } from '@hivesync/database/embedded';
import { database } from '@hivesync/identity';
import { dataFolder } from './data-folder.ts';
import { loadSecrets } from './secrets.ts';

/**
 * Has `work` done on this machine's platform, whether it runs at the moment or not, under identity's own role. The
 * platform must have been started once.
 */
export async function withIdentityDatabase<T>(work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  const folder = dataFolder();
  const on = async (serverUrl: string) => {
    const { role_secret } = loadSecrets(join(folder, 'secrets.json'));
    const url = roleUrl(databaseUrl(serverUrl, databaseOf(serverUrl)), appRole('identity'), role_secret);
    const dataSource = await createDataSource(database, url, { poolSize: 1 }).initialize();
    try {
      return await work(dataSource);
    } finally {
      await dataSource.destroy();
    }
  };
  if (process.env.DATABASE_URL) return on(process.env.DATABASE_URL);
  return withEmbedded({ dataDir: join(folder, 'postgres') }, ({ url }) =>
    on(databaseUrl(url, defaultDatabase)),
  );
}
