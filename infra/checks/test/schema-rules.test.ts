/** What holds for the schema of every service. A service that is added is held to it without being told. */
import { schemaDrift, schemaRules } from '@hivesync/database';
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
});
