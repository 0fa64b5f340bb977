import assert from 'node:assert/strict';
import {
  type DataSource,
  migrateDown,
  migrateUp,
  orderedMigrations,
  type ServiceDatabase,
  schemaReport,
} from '@hivesync/database';
import { emptyDatabase } from './test-database.ts';

export interface Rehearsal {
  database: ServiceDatabase;
  /** Name of the migration, with or without its time. */
  migration: string;
  /**
   * Writes rows as the code did that did not know the migration, with the app's role. It is called several times. Only
   * the first migration of a service has no such code.
   */
  write?: (app: DataSource) => Promise<unknown>;
  /** What that code reads, in a fixed order. */
  read?: (app: DataSource) => Promise<unknown[]>;
}

/**
 * Walks one migration as a deployment would: stops before it, writes as the old code would; up, and the old code
 * still reads and writes; down, and its rows and the schema are as before; up once more, and both are again as they were.
 * @throws AssertionError that says at which step something differs.
 */
export async function rehearseMigration(rehearsal: Rehearsal): Promise<void> {
  const { database, migration, write = async () => undefined, read = async () => [] } = rehearsal;
  const names = orderedMigrations(database).map((one) => one.migration.name);
  const at = names.findIndex((name) => name === migration || name.replace(/\d{13}$/, '') === migration);
  assert.notEqual(at, -1, `${database.service} has no migration ${migration}`);
  const hasOldWriter = rehearsal.write !== undefined && rehearsal.read !== undefined;
  assert.ok(at === 0 || hasOldWriter, `${migration} is rehearsed without what the old code writes and reads`);

  const server = await emptyDatabase();
  const owner = server.ownerUrl(database.service);
  const previous = names[at - 1];
  if (previous) await migrateUp(database, owner, { to: previous });
  const app = await server.dataSource(database);
  const schema = () => schemaReport(app, database);
  try {
    await write(app);
    const rowsBefore = await read(app);
    const schemaBefore = previous ? await schema() : null;

    await migrateUp(database, owner, { to: migration });
    const schemaAfter = await schema();
    assert.deepEqual(await read(app), rowsBefore, 'the old code reads other rows after up');
    await write(app);
    const rowsAfter = await read(app);
    if (hasOldWriter) {
      assert.ok(rowsAfter.length > rowsBefore.length, 'the old code wrote nothing after up');
    }

    await migrateDown(database, owner);
    assert.deepEqual(await read(app), rowsAfter, 'rows did not survive down');
    if (schemaBefore !== null) assert.equal(await schema(), schemaBefore, 'down left another schema');
    await write(app);
    const rowsReverted = await read(app);

    await migrateUp(database, owner, { to: migration });
    assert.deepEqual(await read(app), rowsReverted, 'rows did not survive up, down, up');
    assert.equal(await schema(), schemaAfter, 'up, down, up left another schema than up');
  } finally {
    await app.destroy();
    await server.drop();
  }
}
