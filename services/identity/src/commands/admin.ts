/** `npm run admin:create`, `admin:remove` and `admin:list`, with the database of `DATABASE_URL` as `identity_app`. */
import { createDataSource, type DataSource } from '@hivesync/database';
import { database } from '../database/data-source.ts';
import { parseAdminCommand } from './admin-command.ts';

let dataSource: DataSource | undefined;
try {
  const run = parseAdminCommand(process.argv.slice(2), process.env);
  if (run) {
    const { DATABASE_URL: url } = process.env;
    if (!url) throw new Error('DATABASE_URL is missing');
    dataSource = await createDataSource(database, url, { poolSize: 1 }).initialize();
    for (const line of await run(dataSource)) console.log(line);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await dataSource?.destroy();
}
