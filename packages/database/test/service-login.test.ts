import { emptyDatabase, testDatabase } from '@hivesync/testing';
import { expect, test } from 'vitest';
import { assertServiceLogin, createDataSource, type DataSource, WrongLoginError } from '../src/index.ts';
import { library } from './library.ts';

const refusal = (source: DataSource) =>
  assertServiceLogin(source, library).then(
    () => null,
    (error: unknown) => error,
  );

test('the app role is let in, whether or not there are tables yet', async () => {
  for (const database of [await testDatabase(library), await emptyDatabase()]) {
    expect(await refusal(await database.dataSource(library))).toBeNull();
  }
});

test('a superuser and the owner of the schema are refused', async () => {
  const database = await testDatabase(library);
  for (const [as, reason] of [
    ['admin', 'whom no grant binds'],
    ['owner', 'who owns the schema'],
  ] as const) {
    const error = await refusal(await database.dataSource(library, { as }));
    expect(error).toBeInstanceOf(WrongLoginError);
    expect(String(error)).toContain(reason);
    expect(String(error)).toMatch(/DATABASE_URL must log in as workers_app$/);
  }
});

test('the app role of another service is refused', async () => {
  const database = await testDatabase(library);
  const source = await createDataSource(library, database.appUrl('billing'), { poolSize: 1 }).initialize();
  try {
    expect(String(await refusal(source))).toContain(
      'workers is logged in as billing_app, whose search_path does not lead to the schema workers',
    );
  } finally {
    await source.destroy();
  }
});
