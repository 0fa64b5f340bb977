import { withClient } from '../sql.ts';
import type { TestServer } from './test-server.ts';

/**
 * A server that somebody else runs. Roles belong to the whole server and get test passwords, so one
 * that holds a real platform is refused.
 */
export async function externalServer(adminUrl: string): Promise<TestServer> {
  await withClient(adminUrl, async (client) => {
    const { rowCount } = await client.query(`select from pg_database where datname = 'hivesync'`);
    if (rowCount === 0) return;
    throw new Error(
      'TEST_DATABASE names a server with a database "hivesync": tests set the passwords of its roles, so give them a server of their own',
    );
  });
  return { adminUrl, kind: 'server of TEST_DATABASE', outlivesRun: true, stop: () => Promise.resolve() };
}
