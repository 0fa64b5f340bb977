import { type StartServiceOptions, startService, type TestService, testDatabase } from '@hivesync/testing';
import { type App, type BaseConfig, baseConfigSchema, loadConfig } from '../../src/index.ts';
import { buildNotes, type NotesDependencies } from './notes-app.ts';
import { notesDatabase } from './notes-database.ts';

type Options = Partial<StartServiceOptions<BaseConfig, App>> & Partial<NotesDependencies>;

/** The notes service on a database of its own. */
export async function startNotes(options: Options = {}): Promise<TestService<App, BaseConfig>> {
  const { logger, referenceOwners, beforeWrite, ...harness } = options;
  return startService<BaseConfig, App>({
    database: notesDatabase,
    loadConfig: (env) => loadConfig(baseConfigSchema, env),
    buildApp: (parts) =>
      buildNotes({
        ...parts,
        ...(logger && { logger }),
        ...(referenceOwners && { referenceOwners }),
        ...(beforeWrite && { beforeWrite }),
      }),
    on: await testDatabase(notesDatabase),
    ...harness,
  });
}
