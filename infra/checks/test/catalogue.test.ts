import { readTables, referenceDeclarations } from '@hivesync/database';
import { database } from '@hivesync/projects/database';
import { testDatabase } from '@hivesync/testing';
import { beforeAll, expect, test } from 'vitest';
import {
  type CatalogueForeignKey,
  type CatalogueTable,
  catalogueForeignKeys,
  catalogueTable,
} from '../src/catalogue.ts';
import { serviceErd } from '../src/erd.ts';

let tables: CatalogueTable[];
let foreignKeys: CatalogueForeignKey[];
beforeAll(async () => {
  const migrated = await testDatabase();
  const source = await migrated.dataSource(database);
  const found = await readTables(source, 'projects');
  tables = found.map(catalogueTable);
  foreignKeys = found.flatMap(catalogueForeignKeys);
});

test('tables come with their columns, one-word types and keys', () => {
  const links = tables.find(({ name }) => name === 'task_label_links');
  expect(links?.columns.filter(({ primaryKey }) => primaryKey).map(({ name }) => name)).toEqual([
    'task_id',
    'label_id',
  ]);
  const tasks = tables.find(({ name }) => name === 'tasks');
  expect(tasks?.columns.find(({ name }) => name === 'created_at')?.type).toBe('timestamptz');
  expect(tasks?.columns.find(({ name }) => name === 'status')?.type).toBe('task_status');
  for (const { columns } of tables) for (const { type } of columns) expect(type).toMatch(/^[a-z0-9_[\]]+$/);
});

test('foreign keys tell what may be absent and what a deletion does', () => {
  const parent = foreignKeys.find(
    ({ table, columns }) => table === 'comments' && columns.includes('parent_id'),
  );
  expect(parent).toMatchObject({ refTable: 'comments', optional: true, unique: false });
  expect(
    foreignKeys.find(({ table, columns }) => table === 'projects' && columns.includes('owner_id')),
  ).toMatchObject({
    refTable: 'user_refs',
    unique: false,
  });
});

test('every declared reference is a foreign key to its reference table, so every dashed line has an end', () => {
  const references = referenceDeclarations(database);
  expect(references.length).toBeGreaterThan(0);
  for (const { table, column, refTable } of references) {
    expect(
      foreignKeys.some(
        (key) => key.table === table && key.columns.includes(column) && key.refTable === refTable,
      ),
      `${table}.${column}`,
    ).toBe(true);
  }
  const page = serviceErd({ service: 'projects', tables, foreignKeys, references });
  expect(page).toContain('"identity.users" ||..o| user_refs');
});
