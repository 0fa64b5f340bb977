import { type DataSource, newId, query } from '@hivesync/database';
import { oldEventCode, rehearseMigration } from '@hivesync/testing';
import { test } from 'vitest';
import { database } from '../../src/database/data-source.ts';

const rowsOf = (table: string) => (app: DataSource) =>
  query(app, `select to_jsonb(${table}) - 'updated_at' as row from ${table} order by id`);

async function writeReferences(app: DataSource): Promise<{ project: string; user: string }> {
  const [project, user] = [newId(), newId()];
  await query(app, `insert into project_refs (id, name, owner_id) values ($1, 'Hive', $2)`, [project, user]);
  await query(app, `insert into user_refs (id, display_name) values ($1, 'Alice')`, [user]);
  return { project, user };
}

test('CreatePlatformTables goes up, down and up', () =>
  rehearseMigration({ database, migration: 'CreatePlatformTables' }));

test('CreateReferenceTables leaves the cursors of consumers alone', () =>
  rehearseMigration({
    database,
    migration: 'CreateReferenceTables',
    write: (app) =>
      query(app, 'insert into event_cursors (source, cursor) values ($1, $2)', [newId(), '7.1']),
    read: (app) => query(app, 'select source, cursor from event_cursors order by source'),
  }));

test('CreateProjectMembers leaves references alone', () =>
  rehearseMigration({
    database,
    migration: 'CreateProjectMembers',
    write: writeReferences,
    read: rowsOf('project_refs'),
  }));

test('CreatePreviewJobs leaves memberships alone', () =>
  rehearseMigration({
    database,
    migration: 'CreatePreviewJobs',
    write: async (app) => {
      const { project, user } = await writeReferences(app);
      await query(
        app,
        `insert into project_members (id, project_id, user_id, role) values ($1, $2, $3, 'owner')`,
        [newId(), project, user],
      );
    },
    read: rowsOf('project_members'),
  }));

test('CreateAiDocJobs leaves preview jobs alone', () =>
  rehearseMigration({
    database,
    migration: 'CreateAiDocJobs',
    write: async (app) => {
      const { project, user } = await writeReferences(app);
      await query(
        app,
        `insert into preview_jobs (id, project_id, requested_by, tier, device_type)
         values ($1, $2, $3, 'free', 'iphone')`,
        [newId(), project, user],
      );
    },
    read: rowsOf('preview_jobs'),
  }));

test('CreateReferenceSweeps leaves references alone', () =>
  rehearseMigration({
    database,
    migration: 'CreateReferenceSweeps',
    write: writeReferences,
    read: rowsOf('project_refs'),
  }));

test('ForgetDeletedPeople leaves references alone', () =>
  rehearseMigration({
    database,
    migration: 'ForgetDeletedPeople',
    write: writeReferences,
    read: rowsOf('project_refs'),
  }));

test('KeepTombstones leaves deletions and what is told of them again alone', () =>
  rehearseMigration({
    database,
    migration: 'KeepTombstones',
    write: async (app) => {
      const [alice, bob] = [newId(), newId()];
      await query(app, 'insert into user_refs (id, version) values ($1, 1), ($2, 1)', [alice, bob]);
      await query(app, 'update user_refs set version = 2 where id = $1', [bob]);
      for (const version of [3, 2]) {
        await query(
          app,
          `insert into user_refs as met (id, state, version, deleted_at)
           values ($1, 'deleted', $2, now())
               on conflict (id) do update
              set state = 'deleted',
                  version = greatest(met.version, excluded.version),
                  deleted_at = coalesce(met.deleted_at, excluded.deleted_at)`,
          [alice, version],
        );
      }
    },
    read: rowsOf('user_refs'),
  }));

test('AddFeedEpochs leaves code that knows no epochs working', () =>
  rehearseMigration({ database, migration: 'AddFeedEpochs', ...oldEventCode }));

test('KeepUnknownEvents leaves code that skips such events working', () =>
  rehearseMigration({ database, migration: 'KeepUnknownEvents', ...oldEventCode }));
