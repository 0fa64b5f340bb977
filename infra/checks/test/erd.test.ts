import { expect, test } from 'vitest';
import type { CatalogueForeignKey, CatalogueTable } from '../src/catalogue.ts';
import { type ErdService, serviceErd, wholeErd } from '../src/erd.ts';

const id = { name: 'id', type: 'uuid', primaryKey: true, foreignKey: false, unique: false };
const column = (name: string, foreignKey = false) => ({
  name,
  type: 'uuid',
  primaryKey: false,
  foreignKey,
  unique: false,
});
const table = (name: string, ...columns: CatalogueTable['columns']): CatalogueTable => ({
  name,
  columns: [id, ...columns],
});
const key = (
  from: string,
  columns: string[],
  to: string,
  more: Partial<CatalogueForeignKey> = {},
): CatalogueForeignKey => ({
  name: `${from}_${columns.join('_')}_fkey`,
  table: from,
  columns,
  refTable: to,
  optional: false,
  unique: false,
  onDelete: 'no action',
  ...more,
});

const identity: ErdService = {
  service: 'identity',
  tables: [table('users', column('email')), table('user_profiles'), table('outbox')],
  foreignKeys: [key('user_profiles', ['id'], 'users', { unique: true, onDelete: 'cascade' })],
  references: [],
};
const projects: ErdService = {
  service: 'projects',
  tables: [table('tasks', column('title'), column('assignee_id', true)), table('user_refs')],
  foreignKeys: [key('tasks', ['assignee_id'], 'user_refs', { optional: true })],
  references: [
    {
      table: 'tasks',
      column: 'assignee_id',
      refTable: 'user_refs',
      aggregate: 'identity.user',
      onDelete: 'set null',
    },
  ],
};

test('a service’s page has every column, solid lines inside and dashed ones across the border', () => {
  const page = serviceErd(projects);
  expect(page).toContain('  tasks {\n    uuid id PK\n    uuid title\n    uuid assignee_id FK\n  }');
  expect(page).toContain('  user_refs |o--o{ tasks : "assignee_id"');
  expect(page).toContain('  "identity.users" ||..o| user_refs : "known here as"');
  expect(page).toContain('| tasks.assignee_id | identity.user | set null |');
});

test('the whole leads from the owner’s table straight to the column, dashed, without reference and platform tables', () => {
  const page = wholeErd([identity, projects]);
  expect(page).toContain('  "identity.users" |o..o{ "projects.tasks" : "assignee_id (set null)"');
  expect(page).toContain('  "identity.users" ||--o| "identity.user_profiles" : "id (cascade)"');
  expect(page).not.toMatch(/user_refs|identity\.outbox|title/);
});
