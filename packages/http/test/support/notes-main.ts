import { createDataSource } from '@hivesync/database';
import { baseConfigSchema, loadConfig, runService } from '../../src/index.ts';
import { buildNotes } from './notes-app.ts';
import { notesDatabase } from './notes-database.ts';

/** As a service's `main.ts`, which only the environment tells anything. */
await runService(async (env) => {
  const config = loadConfig(baseConfigSchema, env);
  return buildNotes({ config, dataSource: createDataSource(notesDatabase, config.DATABASE_URL) });
});
