import { createDataSource } from '@hivesync/database';
import { runService } from '@hivesync/http';
import { buildApp, database, loadConfig } from './app.ts';

await runService(async (environment) => {
  const config = loadConfig(environment);
  const dataSource = createDataSource(database, config.DATABASE_URL, { poolSize: config.DATABASE_POOL_SIZE });
  return buildApp({ config, dataSource });
});
