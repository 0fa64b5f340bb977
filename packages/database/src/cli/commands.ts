import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrateDown, migrateUp } from '../migrator/migrator.ts';
import { migrationStatus, statusWith } from '../migrator/schema-current.ts';
import { verifySchema } from '../schema/verify.ts';
import type { ServiceDatabase } from '../service-database.ts';

/** Where to migrate, and as whom. */
export interface Target {
  url: string;
  /** Role to become; absent when the login is the owner. */
  as?: string;
}

type Print = (line: string) => void;

export async function up(database: ServiceDatabase, target: Target, print: Print): Promise<number> {
  const { service } = database;
  const report = await migrateUp(database, target.url, {
    ...target,
    onProgress: (line) => print(`${service}: applied ${line}`),
  });
  print(
    report.done.length > 0
      ? `${service}: ${report.done.length} applied, now at ${report.current}`
      : `${service}: nothing to do, at ${report.current ?? 'no migration'}`,
  );
  return 0;
}

/** Null: there is no server yet, so nothing is applied. */
export async function status(
  database: ServiceDatabase,
  target: Target | null,
  print: Print,
): Promise<number> {
  const all = target ? await migrationStatus(database, target.url, target) : statusWith(database, []);
  for (const { name, state, breaking, appliedAt } of all) {
    const when = appliedAt ? ` ${appliedAt.toISOString()}` : '';
    print(`${database.service}: ${state.padEnd(7)} ${name}${breaking ? ' (breaking)' : ''}${when}`);
  }
  const pending = all.filter(({ state }) => state === 'pending').length;
  print(`${database.service}: ${pending === 0 ? 'up to date' : `${pending} not applied`}`);
  return pending === 0 ? 0 : 1;
}

export async function revert(database: ServiceDatabase, target: Target, print: Print): Promise<number> {
  const { service } = database;
  const report = await migrateDown(database, target.url, {
    ...target,
    onProgress: (line) => print(`${service}: reverted ${line}`),
  });
  print(
    report.done.length > 0
      ? `${service}: now at ${report.current ?? 'no migration'}`
      : `${service}: nothing to revert`,
  );
  return 0;
}

/** Compares the schema with the service's committed `schema.md`. Null: there is no server yet. */
export async function verify(
  database: ServiceDatabase,
  folder: string,
  target: Target | null,
  print: Print,
): Promise<number> {
  const { service } = database;
  const expected = await readFile(join(folder, 'schema.md'), 'utf8');
  const [pending, wrong] = target
    ? [
        (await migrationStatus(database, target.url, target)).filter(({ state }) => state === 'pending'),
        await verifySchema(target.url, database, expected),
      ]
    : [statusWith(database, []), []];
  for (const { name } of pending) print(`${service}: not applied: ${name}`);
  // What a migration would bring is missing until then, so that alone is said.
  if (pending.length > 0) {
    print(`${service}: ${pending.length} not applied: migrate first`);
    return 1;
  }
  for (const difference of wrong) print(`${service}: ${difference}`);
  print(
    wrong.length === 0
      ? `${service}: the schema is as schema.md says`
      : `${service}: ${wrong.length} differences from schema.md`,
  );
  return wrong.length === 0 ? 0 : 1;
}
