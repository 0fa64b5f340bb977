import { schemaDrift, schemaRules } from '@hivesync/database';
import { testDatabase } from '@hivesync/testing';
import { describe, expect, test } from 'vitest';
import { database } from '../src/database/data-source.ts';

const db = await testDatabase(database);
const dataSource = await db.dataSource(database);

describe('the schema', () => {
  test('agrees with the entities', async () => {
    expect(await schemaDrift(dataSource, database)).toEqual([]);
  });

  test('keeps the rules of every schema', async () => {
    expect(await schemaRules(dataSource, database)).toEqual([]);
  });

  test('has every table and column of the seed', async () => {
    const rows = await db.query<{ name: string }>(
      `select table_name || '.' || column_name as name
         from information_schema.columns
        where table_schema = 'projects'`,
    );
    const seed = {
      projects: 'id owner_id name description created_at updated_at',
      project_tags: 'id project_id name color',
      project_favorites: 'user_id project_id',
      team_members: 'id project_id user_id joined_at',
      tasks: 'id project_id title description status assignee_id due_date created_by created_at updated_at',
      task_labels: 'id project_id name color',
      task_label_links: 'task_id label_id',
      task_dependencies: 'task_id depends_on_task_id',
      task_attachments: 'id task_id r2_key external_url uploaded_at',
      comments:
        'id project_id parent_id entity_type entity_id author_id body is_starred created_at updated_at',
      webhook_endpoints: 'id project_id url event_types is_active created_at',
      sample_projects:
        'id name slug description framework version archive_url size_kb featured active created_at updated_at',
    };
    const wanted = Object.entries(seed).flatMap(([table, columns]) =>
      columns.split(' ').map((column) => `${table}.${column}`),
    );
    expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(wanted));
  });

  test('has the indexes that the seed names or asks for', async () => {
    const rows = await db.query<{ definition: string }>(
      `select regexp_replace(indexdef, '^CREATE (UNIQUE )?INDEX (\\S+) ON projects\\.', '\\1\\2 ') as definition
         from pg_indexes
        where schemaname = 'projects'`,
    );
    expect(rows.map(({ definition }) => definition)).toEqual(
      expect.arrayContaining([
        'UNIQUE sample_projects_slug_idx sample_projects USING btree (slug)',
        'sample_projects_active_idx sample_projects USING btree (active)',
        'sample_projects_framework_idx sample_projects USING btree (framework)',
        'projects_name_trgm_idx projects USING gin (name gin_trgm_ops)',
        'tasks_title_trgm_idx tasks USING gin (title gin_trgm_ops)',
        'comments_body_trgm_idx comments USING gin (body gin_trgm_ops)',
      ]),
    );
  });
});
