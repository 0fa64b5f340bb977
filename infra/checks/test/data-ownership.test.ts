import { type DataSource, platformTableNames } from '@hivesync/database';
import { databases } from '@hivesync/local';
import { testDatabase } from '@hivesync/testing';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { ownershipPage, readOwnership, type ServiceOwnership, unexplained } from '../src/data-ownership.ts';
import { plannedTables } from '../src/schema-plan.ts';

let owners: ServiceOwnership[];
let page: string;
beforeAll(async () => {
  const database = await testDatabase();
  owners = await Promise.all(
    Object.values(databases).map(async (one) => {
      const source: DataSource = await database.dataSource(one);
      return readOwnership(source, one);
    }),
  );
  page = ownershipPage(owners);
});

/** The lines under one heading. */
function section(heading: string): string {
  const [, rest = ''] = page.split(`\n### ${heading}\n`);
  return rest.split('\n## ')[0]?.split('\n### ')[0] ?? '';
}

describe.each(Object.keys(databases))('%s', (service) => {
  it('says of each table what it is for, and of each column beyond the plan why it is there', () => {
    const owner = owners.find((one) => one.service === service);
    expect(owner?.tables.length).toBeGreaterThan(5);
    expect(owner && unexplained(owner)).toEqual([]);
  });
});

test('a table or an added column without a comment is named, a planned column and timestamps are not', () => {
  const identity = owners.find(({ service }) => service === 'identity');
  const silent = (identity?.tables ?? [])
    .filter(({ name }) => name === 'users')
    .map((table) => ({
      ...table,
      comment: null,
      columns: table.columns.map((column) => ({ ...column, comment: null })),
    }));
  expect(unexplained({ service: 'identity', tables: silent })).toEqual([
    'identity.users',
    'identity.users.role',
    'identity.users.version',
    'identity.users.deleted_at',
    'identity.users.email_verified_at',
  ]);
});

test('the page has every table once, those of the platform included', () => {
  const headings = [...page.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);
  expect(headings).toHaveLength(new Set(headings).size);
  expect(headings).toEqual(
    expect.arrayContaining(Object.entries(plannedTables).map(([table, { schema }]) => `${schema}.${table}`)),
  );
  expect(headings).toEqual(expect.arrayContaining([...platformTableNames]));
  const total = owners.flatMap(({ tables }) => tables.filter(({ name }) => !platformTableNames.has(name)));
  expect(headings).toHaveLength(total.length + platformTableNames.size);
});

test('a table has its columns with type, null, origin and data class, its keys and its references', () => {
  const tasks = section('projects.tasks');
  expect(tasks).toContain('| `title` | `text` | no | plan | private |  |');
  expect(tasks).toMatch(/\| `number` \| `integer` \| no \| \*\*added\*\* \| {2}\| Counted from 1/);
  expect(tasks).toContain('- `tasks_pkey`: `PRIMARY KEY (id)`');
  expect(tasks).toContain('| `assignee_id` | `identity.users` by `user_refs` | set null |');
  expect(tasks).toContain('| `created_by` | `identity.users` by `user_refs` | keep |');
  expect(section('identity.users')).toContain('- `users_email_key`: `UNIQUE btree (lower(email))`');
  expect(section('audit.audit_logs')).toContain('| keep; with code of its own; may be written afterwards: ');
  expect(section('projects.comments')).toContain('- `entity_id`: polymorphic');
});

test('added tables are listed at the top, once for all services that have the same', () => {
  const [, added = ''] = page.split('\n## Tables added to the plan\n');
  const list = added.split('\n## ')[0];
  expect(list).toMatch(/^\| `refresh_tokens` \| identity \| Single-use tokens/m);
  expect(list).toMatch(
    /^\| `user_refs` \| projects, previews, billing, audit \| What is known here of identity\.user/m,
  );
  expect(list).toMatch(/^\| `outbox` \| every service \| /m);
  expect(list).not.toContain('`tasks`');
});

test('a table of the platform that differs between services is an error, not a page', () => {
  const [first, ...others] = owners;
  if (!first) throw new Error('there are no services');
  const tables = first.tables.map((table) =>
    table.name === 'outbox' ? { ...table, columns: table.columns.slice(1) } : table,
  );
  expect(() => ownershipPage([{ ...first, tables }, ...others])).toThrow(/outbox of /);
});
