import { newId } from '@hivesync/database';
import { testDatabase } from '@hivesync/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { database } from '../src/database/data-source.ts';

const db = await testDatabase(database);
const app = await db.dataSource(database);
const sql = (text: string, parameters: unknown[] = []): Promise<unknown> => app.query(text, parameters);

const [alice, bob, hive, other] = [newId(), newId(), newId(), newId()];

async function addTask(project: string, number: number, assignee: string | null = null): Promise<string> {
  const id = newId();
  await sql(
    `insert into tasks (id, project_id, number, title, assignee_id, created_by) values ($1, $2, $3, 'T', $4, $5)`,
    [id, project, number, assignee, alice],
  );
  return id;
}

async function addComment(fields: Record<string, unknown>): Promise<string> {
  const row: Record<string, unknown> = {
    id: newId(),
    project_id: hive,
    entity_type: 'project',
    entity_id: hive,
    author_id: alice,
    body: 'Hello',
    ...fields,
  };
  const names = Object.keys(row);
  await sql(
    `insert into comments (${names.join(', ')}) values (${names.map((_, at) => `$${at + 1}`).join(', ')})`,
    Object.values(row),
  );
  return String(row.id);
}

beforeAll(async () => {
  for (const user of [alice, bob]) await sql('insert into user_refs (id) values ($1)', [user]);
  for (const project of [hive, other]) {
    await sql(`insert into projects (id, owner_id, name) values ($1, $2, 'Hive')`, [project, alice]);
    await sql('insert into team_members (id, project_id, user_id) values ($1, $2, $3)', [
      newId(),
      project,
      alice,
    ]);
  }
});

describe('tasks', () => {
  test('are numbered once, and assigned to members only', async () => {
    await addTask(hive, 1, alice);
    await expect(addTask(hive, 1)).rejects.toThrow(/tasks_project_id_number_key/);
    await expect(addTask(hive, 2, bob)).rejects.toThrow(/tasks_project_id_assignee_id_fkey/);
  });

  test('lose their assignee, and nothing else, when the membership ends', async () => {
    await sql('insert into team_members (id, project_id, user_id) values ($1, $2, $3)', [newId(), hive, bob]);
    const task = await addTask(hive, 3, bob);
    await sql('delete from team_members where project_id = $1 and user_id = $2', [hive, bob]);
    expect(await sql('select project_id, assignee_id from tasks where id = $1', [task])).toEqual([
      { project_id: hive, assignee_id: null },
    ]);
  });

  test('neither wait for a task of another project nor for themselves', async () => {
    const [here, there] = [await addTask(hive, 4), await addTask(other, 1)];
    const edge = (to: string, project: string) =>
      sql('insert into task_dependencies (task_id, depends_on_task_id, project_id) values ($1, $2, $3)', [
        here,
        to,
        project,
      ]);
    await expect(edge(there, hive)).rejects.toThrow(/depends_on_task_id_fkey/);
    await expect(edge(there, other)).rejects.toThrow(/task_dependencies_project_id_task_id_fkey/);
    await expect(edge(here, hive)).rejects.toThrow(/not_itself_check/);
  });

  test('carry labels of their own project only', async () => {
    const [task, label] = [await addTask(hive, 5), newId()];
    await sql(`insert into task_labels (id, project_id, name, color) values ($1, $2, 'bug', '#ff0000')`, [
      label,
      other,
    ]);
    await expect(
      sql('insert into task_label_links (task_id, label_id, project_id) values ($1, $2, $3)', [
        task,
        label,
        hive,
      ]),
    ).rejects.toThrow(/task_label_links_project_id_label_id_fkey/);
  });

  test('have attachments in one place each', async () => {
    const task = await addTask(hive, 6);
    const attach = (key: string | null, url: string | null) =>
      sql(
        'insert into task_attachments (id, task_id, r2_key, external_url, uploaded_by) values ($1, $2, $3, $4, $5)',
        [newId(), task, key, url, alice],
      );
    await attach('attachments/1', null);
    await attach(null, 'https://example.com');
    await expect(attach(null, null)).rejects.toThrow(/location_check/);
    await expect(attach('attachments/1', 'https://example.com')).rejects.toThrow(/location_check/);
    await expect(attach(null, 'http://example.com')).rejects.toThrow(/external_url_check/);
  });
});

describe('comments', () => {
  test('are about a task of their own project, and go with it', async () => {
    const [here, there] = [await addTask(hive, 7), await addTask(other, 7)];
    await expect(addComment({ entity_type: 'task', entity_id: there })).rejects.toThrow(
      /comments_project_id_task_id_fkey/,
    );
    const first = await addComment({ entity_type: 'task', entity_id: here });
    await addComment({ entity_type: 'task', entity_id: here, parent_id: first });
    await sql('delete from tasks where id = $1', [here]);
    expect(await sql('select id from comments where entity_id = $1', [here])).toEqual([]);
  });

  test('name what they are about as its type wants it', async () => {
    const code = { entity_type: 'code', entity_id: null };
    await addComment({ ...code, file_path: 'src/main.ts', line: 3 });
    await expect(addComment(code)).rejects.toThrow(/comments_entity_check/);
    await expect(addComment({ ...code, file_path: 'src/main.ts' })).rejects.toThrow(/comments_entity_check/);
    await expect(addComment({ entity_id: null })).rejects.toThrow(/comments_entity_check/);
    await expect(addComment({ entity_id: other })).rejects.toThrow(/comments_project_entity_check/);
  });

  test('are threads of one level about one thing, and stay there', async () => {
    const first = await addComment({});
    const reply = await addComment({ parent_id: first });
    await expect(addComment({ parent_id: reply })).rejects.toThrow(/first comment of its own thread/);
    await expect(
      addComment({ parent_id: first, entity_type: 'code', entity_id: null, file_path: 'a', line: 1 }),
    ).rejects.toThrow(/first comment of its own thread/);
    await expect(addComment({ project_id: other, entity_id: other, parent_id: first })).rejects.toThrow(
      /first comment of its own thread/,
    );
    await expect(sql('update comments set parent_id = null where id = $1', [reply])).rejects.toThrow(
      /stays where it was written/,
    );
  });
});

describe('sample projects', () => {
  const add = (slug: string, version: string) =>
    sql(
      `insert into sample_projects (id, name, slug, framework, version, archive_url)
       values ($1, 'Todo', $2, 'flutter', $3, 'samples/todo.zip')`,
      [newId(), slug, version],
    );

  test.each([
    '1.0.0',
    '0.0.4',
    '1.0.0-alpha.1',
    '1.0.0-0A.is.legal',
    '1.0.0+build.1',
    '1.2.3----RC-SNAPSHOT.12.9.1--.12+788',
  ])('have the semantic version %s', async (version) => {
    await add(newId(), version);
  });

  test.each(['1', '1.0', '01.0.0', '1.0.0-', '1.0.0-01', 'v1.0.0', '1.0.0+', '1.0.0\n', '١.0.0'])(
    'refuse the version %j',
    async (version) => {
      await expect(add(newId(), version)).rejects.toThrow(/version_check/);
    },
  );

  test.each(['', 'Todo', '-todo', 'todo-', 'to--do', 'to_do', 'todo\n'])(
    'refuse the slug %j',
    async (slug) => {
      await expect(add(slug, '1.0.0')).rejects.toThrow(/slug_check/);
    },
  );

  test('have one slug each', async () => {
    await add('todo-app', '1.0.0');
    await expect(add('todo-app', '1.0.0')).rejects.toThrow(/sample_projects_slug_idx/);
  });
});

test('webhooks go to https only', async () => {
  await expect(
    sql(
      `insert into webhook_endpoints (id, project_id, url, event_types, secret_encrypted, created_by)
       values ($1, $2, 'http://example.com', '{*}', '\\x00', $3)`,
      [newId(), hive, alice],
    ),
  ).rejects.toThrow(/webhook_endpoints_url_check/);
});

test('updated_at moves on every update', async () => {
  const rows = await db.query<{ moved: boolean }>(
    `with before as (select id, updated_at from projects.projects where id = $1)
     update projects.projects as project
        set description = 'New'
       from before
      where project.id = before.id
     returning project.updated_at > before.updated_at as moved`,
    [hive],
  );
  expect(rows).toEqual([{ moved: true }]);
});
