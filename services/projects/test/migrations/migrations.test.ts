import { type DataSource, migrateDown, migrateUp, newId, query } from '@hivesync/database';
import { emptyDatabase, oldEventCode, rehearseMigration } from '@hivesync/testing';
import { expect, test } from 'vitest';
import { database } from '../../src/database/data-source.ts';

/** What the code that came with each migration writes. Every later one must leave it working, and its rows alone. */
const writers: Record<string, { tables: string[]; write: (app: DataSource) => Promise<unknown> }> = {
  CreatePlatformTables: {
    tables: ['outbox'],
    write: (app) =>
      query(
        app,
        `insert into outbox (id, type, aggregate, subject, aggregate_version, data)
         values ($1::uuid, 'projects.project.updated', 'projects.project', $1::uuid::text, 1, '{}')`,
        [newId()],
      ),
  },
  CreateUserRefs: {
    tables: ['user_refs'],
    write: (app) =>
      query(app, `insert into user_refs (id, display_name, tier) values ($1, 'Alice', 'free')`, [newId()]),
  },
  CreateProjects: {
    tables: ['projects'],
    write: (app) =>
      query(
        app,
        `insert into projects (id, owner_id, name)
         select $1, id, 'Hive' from user_refs where state = 'active' limit 1`,
        [newId()],
      ),
  },
  CreateTeamMembers: {
    tables: ['team_members', 'team_invitations'],
    write: async (app) => {
      // The newest project, which this writer has not met before.
      const id = newId();
      await query(
        app,
        `insert into team_members (id, project_id, user_id)
         select $1, id, owner_id from projects order by id desc limit 1`,
        [id],
      );
      await query(
        app,
        `insert into team_invitations (id, project_id, email, invited_by)
         select $1::uuid, id, $1::uuid::text || '@example.com', owner_id from projects limit 1`,
        [id],
      );
    },
  },
  CreateProjectTagsAndFavorites: {
    tables: ['project_tags', 'project_favorites'],
    write: async (app) => {
      await query(
        app,
        `insert into project_tags (id, project_id, name, color)
         select $1::uuid, id, $1::uuid::text, '#ff8800' from projects limit 1`,
        [newId()],
      );
      await query(
        app,
        `insert into project_favorites (user_id, project_id)
         select user_id, project_id from team_members order by id desc limit 1`,
      );
    },
  },
  CreateTasks: {
    tables: ['tasks'],
    write: (app) =>
      query(
        app,
        `with numbered as (
           update projects
              set task_counter = task_counter + 1
            where id = (select project_id from team_members order by id limit 1)
           returning id, task_counter
         )
         insert into tasks (id, project_id, number, title, assignee_id, created_by)
         select $1, numbered.id, task_counter, 'Fix the login', user_id, user_id
           from numbered
           join team_members as member on member.project_id = numbered.id`,
        [newId()],
      ),
  },
  CreateTaskLabels: {
    tables: ['task_labels', 'task_label_links'],
    write: async (app) => {
      const id = newId();
      await query(
        app,
        `insert into task_labels (id, project_id, name, color)
         select $1::uuid, project_id, $1::uuid::text, '#00ff00' from tasks limit 1`,
        [id],
      );
      await query(
        app,
        `insert into task_label_links (task_id, label_id, project_id)
         select id, $1, project_id from tasks limit 1`,
        [id],
      );
    },
  },
  CreateTaskDependencies: {
    tables: ['task_dependencies'],
    write: async (app) => {
      await writers.CreateTasks?.write(app);
      await query(
        app,
        `insert into task_dependencies (task_id, depends_on_task_id, project_id)
         select newest.id, first.id, first.project_id
           from tasks as newest
           join tasks as first on first.project_id = newest.project_id and first.number < newest.number
          order by newest.number desc, first.number
          limit 1`,
      );
    },
  },
  CreateTaskAttachments: {
    tables: ['task_attachments'],
    write: (app) =>
      query(
        app,
        `insert into task_attachments (id, task_id, external_url, uploaded_by)
         select $1, id, 'https://example.com/mock.png', created_by from tasks limit 1`,
        [newId()],
      ),
  },
  CreateComments: {
    tables: ['comments'],
    write: (app) =>
      query(
        app,
        `insert into comments (id, project_id, entity_type, entity_id, author_id, body)
         select $1, project_id, 'task', id, created_by, 'Looks good' from tasks limit 1`,
        [newId()],
      ),
  },
  CreateWebhooks: {
    tables: ['webhook_endpoints', 'webhook_deliveries'],
    write: async (app) => {
      const id = newId();
      await query(
        app,
        `insert into webhook_endpoints (id, project_id, url, event_types, secret_encrypted, created_by)
         select $1, id, 'https://example.com/hook', '{projects.task.*}', '\\x00', owner_id from projects limit 1`,
        [id],
      );
      await query(
        app,
        `insert into webhook_deliveries (id, endpoint_id, event_id, event_type, payload_json)
         values ($1, $2, $1, 'projects.task.created', '{}')`,
        [newId(), id],
      );
    },
  },
  CreateSampleProjects: {
    tables: ['sample_projects'],
    write: (app) =>
      query(
        app,
        `insert into sample_projects (id, name, slug, framework, version, archive_url)
         values ($1::uuid, 'Todo', $1::uuid::text, 'flutter', '1.0.0', 'samples/todo.zip')`,
        [newId()],
      ),
  },
  CreateReferenceSweeps: {
    tables: ['reference_sweeps'],
    write: async (app) => {
      const user = newId();
      // Told twice, as in a replay.
      for (const version of [2, 1]) {
        await query(
          app,
          `insert into user_refs as met (id, state, version, deleted_at)
           values ($1, 'deleted', $2, now())
               on conflict (id) do update
              set state = 'deleted',
                  version = greatest(met.version, excluded.version),
                  deleted_at = coalesce(met.deleted_at, excluded.deleted_at)`,
          [user, version],
        );
      }
      await query(
        app,
        `insert into reference_sweeps (aggregate, subject, version) values ('identity.user', $1, 2)`,
        [user],
      );
    },
  },
  AddProjectDeletedAt: {
    tables: [],
    write: (app) => query(app, 'update projects set deleted_at = now() where false'),
  },
  CreateObjectUploads: {
    tables: ['object_uploads', 'object_removals'],
    write: async (app) => {
      // One that waits, one that is attached, one that goes.
      for (const key of [newId(), newId(), newId()]) {
        await query(
          app,
          `insert into object_uploads (object_key, task_id, requested_by, name, size_bytes, expires_at)
           select $1, id, created_by, 'shot.png', 1, now() from tasks limit 1`,
          [key],
        );
      }
      await query(
        app,
        `insert into task_attachments (id, task_id, r2_key, size_bytes, content_type, uploaded_by)
         select $1, task_id, object_key, size_bytes, 'image/png', requested_by
           from object_uploads
          order by object_key desc
          limit 1`,
        [newId()],
      );
      await query(
        app,
        `delete from object_uploads
          where object_key in (select object_key from object_uploads order by object_key desc limit 2)`,
      );
    },
  },
  ForgetDeletedPeople: {
    tables: [],
    write: (app) => query(app, 'select forget_outbox_addresses($1, 10)', [newId()]),
  },
  AddFeedEpochs: {
    tables: [],
    write: (app) => oldEventCode.write(app),
  },
  KeepUnknownEvents: {
    tables: [],
    write: (app) => oldEventCode.write(app),
  },
  KeepTombstones: {
    tables: [],
    write: (app) => query(app, `update user_refs set version = version + 1 where state = 'deleted'`),
  },
  FoldSearchedTexts: {
    tables: [],
    write: (app) => query(app, `update projects set name_folded = 'folded' where name_folded is null`),
  },
  IndexFoldedTexts: {
    tables: [],
    write: (app) => query(app, 'select id from projects where name_folded is null'),
  },
};

const names = database.migrations.map((migration) => new migration().name.replace(/\d{13}$/, ''));

test('every migration comes with what its code writes, for those that follow', () => {
  expect(names.filter((name) => !writers[name])).toEqual([]);
});

test.each(names)('%s: up, old writers go on, down, rows survive, redo', async (migration) => {
  const earlier = names.slice(0, names.indexOf(migration)).map((name) => {
    const writer = writers[name];
    if (!writer) throw new Error(`${name} has no writer here: a migration comes with its test`);
    return writer;
  });
  await rehearseMigration({
    database,
    migration,
    ...(earlier.length > 0 && {
      write: async (app: DataSource) => {
        for (const { write } of earlier) await write(app);
      },
      read: async (app: DataSource) => {
        const rows: unknown[] = [];
        // Without nulls and epochs: a column that is added later is one to the old code's rows, and it does not read it.
        for (const table of earlier.flatMap(({ tables }) => tables)) {
          const found = await query(
            app,
            `select jsonb_strip_nulls(to_jsonb(t) - 'epoch') as row from ${table} as t order by jsonb_strip_nulls(to_jsonb(t) - 'epoch')::text`,
          );
          rows.push(...found.map((row) => ({ table, row })));
        }
        return rows;
      },
    }),
  });
});

test('all the way down leaves nothing behind', async () => {
  const db = await emptyDatabase();
  await migrateUp(database, db.ownerUrl('projects'));
  await migrateDown(database, db.ownerUrl('projects'), { to: '0' });
  const left = await db.query(
    `select relname as name from pg_class where relnamespace = 'projects'::regnamespace and relkind = 'r' and relname not like 'migrations%'
     union all
     select proname from pg_proc where pronamespace = 'projects'::regnamespace
     union all
     select typname from pg_type where typnamespace = 'projects'::regnamespace and typtype = 'e'`,
  );
  expect(left).toEqual([]);
});

test('AddFeedEpochs leaves code that knows no epochs working', () =>
  rehearseMigration({ database, migration: 'AddFeedEpochs', ...oldEventCode }));

test('KeepUnknownEvents leaves code that skips such events working', () =>
  rehearseMigration({ database, migration: 'KeepUnknownEvents', ...oldEventCode }));
