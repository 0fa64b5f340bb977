/** A migration comes with the test that rehearses it, from the first one of each service on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { database as audit } from '@hivesync/audit';
import { database as billing } from '@hivesync/billing';
import type { ServiceName } from '@hivesync/contracts';
import type { ServiceDatabase } from '@hivesync/database';
import { database as identity } from '@hivesync/identity';
import { database as previews } from '@hivesync/previews';
import { database as projects } from '@hivesync/projects';
import { database as workers } from '@hivesync/workers';
import { expect, test } from 'vitest';

const databases: Record<ServiceName, ServiceDatabase> = {
  identity,
  projects,
  previews,
  billing,
  workers,
  audit,
};

/** Names without their times, as the tests have them. */
const namesOf = ({ migrations }: ServiceDatabase) =>
  migrations.map((migration) => new migration().name?.replace(/\d{13}$/, '') ?? migration.name);

test.each(Object.entries(databases))('%s rehearses every migration', (service, database) => {
  const file = join(import.meta.dirname, `../../../services/${service}/test/migrations/migrations.test.ts`);
  const text = readFileSync(file, 'utf8');
  const names = namesOf(database);
  expect(names.length).toBeGreaterThan(3);
  // `migration: 'Name'` of one rehearsal, or `Name: {` among the writers that all of them go through.
  const rehearsed = (name: string) => text.includes(`migration: '${name}'`) || text.includes(`  ${name}: {`);
  expect(names.filter((name) => !rehearsed(name))).toEqual([]);
});
