import { type DataSource, newId, query } from '@hivesync/database';
import { oldEventCode, rehearseMigration } from '@hivesync/testing';
import { test } from 'vitest';
import { database } from '../../src/database/data-source.ts';

test('CreatePlatformTables goes up, down and up', () =>
  rehearseMigration({ database, migration: 'CreatePlatformTables' }));

test('CreateTierLimits leaves the cursors of consumers alone', () =>
  rehearseMigration({
    database,
    migration: 'CreateTierLimits',
    write: (app) =>
      query(app, 'insert into event_cursors (source, cursor) values ($1, $2)', [newId(), '7.1']),
    read: (app) => query(app, 'select source, cursor from event_cursors order by source'),
  }));

test('CreateSubscriptions leaves limits that were changed or added alone', () =>
  rehearseMigration({
    database,
    migration: 'CreateSubscriptions',
    write: async (app) => {
      await query(app, `update tier_limits set value = value + 1 where limit_key = 'projects_owned'`);
      const key = `made_up_${newId().replaceAll('-', '_')}`;
      await query(app, `insert into tier_limits (tier, limit_key, value) values ('pro', $1, 4)`, [key]);
    },
    read: (app) => query(app, 'select tier, limit_key, value from tier_limits order by limit_key, tier'),
  }));

test('CreateProviderEvents leaves users alone', () =>
  rehearseMigration({
    database,
    migration: 'CreateProviderEvents',
    write: (app: DataSource) =>
      query(app, `insert into user_refs (id, display_name) values ($1, 'Alice')`, [newId()]),
    read: (app) => query(app, 'select id, display_name, state from user_refs order by id'),
  }));

test('CreateReferenceSweeps leaves users alone', () =>
  rehearseMigration({
    database,
    migration: 'CreateReferenceSweeps',
    write: (app) => query(app, `insert into user_refs (id, display_name) values ($1, 'Alice')`, [newId()]),
    read: (app) => query(app, 'select id, display_name, state from user_refs order by id'),
  }));

test('CreateSubscriptionCancellations leaves users and their sweeps alone', () =>
  rehearseMigration({
    database,
    migration: 'CreateSubscriptionCancellations',
    write: async (app) => {
      const id = newId();
      await query(app, `insert into user_refs (id, display_name) values ($1, 'Alice')`, [id]);
      await query(
        app,
        `insert into reference_sweeps (aggregate, subject, version) values ('identity.user', $1, 2)`,
        [id],
      );
    },
    read: (app) => query(app, 'select subject, version, completed_at from reference_sweeps order by subject'),
  }));

test('ForgetDeletedPeople leaves users alone', () =>
  rehearseMigration({
    database,
    migration: 'ForgetDeletedPeople',
    write: (app) => query(app, `insert into user_refs (id, display_name) values ($1, 'Alice')`, [newId()]),
    read: (app) => query(app, 'select id, display_name, state from user_refs order by id'),
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
    read: (app) => query(app, 'select id, state, version from user_refs order by id'),
  }));

test('AddFeedEpochs leaves code that knows no epochs working', () =>
  rehearseMigration({ database, migration: 'AddFeedEpochs', ...oldEventCode }));

test('KeepUnknownEvents leaves code that skips such events working', () =>
  rehearseMigration({ database, migration: 'KeepUnknownEvents', ...oldEventCode }));
