/** What holds for the schema of every service. A service that is added is held to it without being told. */
import { newId, query, referenceTables, schemaDrift, schemaRules } from '@hivesync/database';
import { databases } from '@hivesync/local';
import { testDatabase } from '@hivesync/testing';
import { describe, expect, test } from 'vitest';

const migrated = await testDatabase();

describe.each(Object.values(databases))('the schema of $service', (database) => {
  test('agrees with the entities', async () => {
    expect(await schemaDrift(await migrated.dataSource(database), database)).toEqual([]);
  });

  test('keeps the rules of the platform', async () => {
    expect(await schemaRules(await migrated.dataSource(database), database)).toEqual([]);
  });

  test('lets nobody with its app role revive or remove a tombstone', async () => {
    const app = await migrated.dataSource(database);
    for (const { table } of referenceTables(database)) {
      const id = newId();
      await query(app, `insert into ${table} (id, state, deleted_at) values ($1, 'deleted', now())`, [id]);
      for (const statement of [
        `update ${table} set state = 'active', deleted_at = null where id = $1`,
        `delete from ${table} where id = $1`,
      ]) {
        await expect(query(app, statement, [id])).rejects.toThrow(`of table "${table}" is a tombstone`);
      }
    }
  });
});
