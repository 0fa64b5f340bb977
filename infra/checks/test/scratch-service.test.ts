/** The other half of packages/http/test/scratch: what the generators make of a service that only declares and migrates. */
import { type DataSource, schemaReport } from '@hivesync/database';
import { testDatabase } from '@hivesync/testing';
import { beforeAll, expect, test } from 'vitest';
import { scratchDatabase } from '../../../packages/http/test/scratch/scratch-database.ts';
import { ownershipPage, readOwnership } from '../src/data-ownership.ts';
import { serviceErd, wholeErd } from '../src/erd.ts';
import { readErd } from '../src/schemas.ts';

let source: DataSource;
beforeAll(async () => {
  const database = await testDatabase(scratchDatabase);
  source = await database.dataSource(scratchDatabase);
});

test('the ERD has a dashed edge for each declared reference, with its policy', async () => {
  const erd = await readErd(source, scratchDatabase);
  const whole = wholeErd([erd]);
  for (const edge of [
    '"identity.users" ||..o{ "workers.loans" : "borrower_id (cascade)"',
    '"identity.users" |o..o{ "workers.loans" : "approved_by (set null)"',
    '"identity.users" |o..o{ "workers.loans" : "witness (keep)"',
    '"projects.projects" |o..o{ "workers.loans" : "project_id (cascade)"',
  ]) {
    expect(whole).toContain(`  ${edge}\n`);
  }
  const page = serviceErd(erd);
  expect(page).toContain('  "identity.users" ||..o| user_refs : "known here as"\n');
  expect(page).toContain('  "projects.projects" ||..o| project_refs : "known here as"\n');
  expect(page).toContain('| loans.witness | identity.user | keep |');
});

test('the page on who owns which table has a row for each, and so has the schema report', async () => {
  const page = ownershipPage([await readOwnership(source, scratchDatabase)]);
  for (const row of [
    '| `borrower_id` | `identity.users` by `user_refs` | cascade |',
    '| `approved_by` | `identity.users` by `user_refs` | set null |',
    '| `witness` | `identity.users` by `user_refs` | keep |',
    '| `project_id` | `projects.projects` by `project_refs` | cascade |',
  ]) {
    expect(page).toContain(`\n${row}\n`);
  }
  expect(await schemaReport(source, scratchDatabase)).toContain(
    '| `approved_by` | `uuid` | yes |  | identity.user (set null) |  |',
  );
});
