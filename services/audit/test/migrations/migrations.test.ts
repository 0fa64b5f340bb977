import { type DataSource, newId, query } from '@hivesync/database';
import { oldEventCode, rehearseMigration } from '@hivesync/testing';
import { test } from 'vitest';
import { database } from '../../src/database/data-source.ts';

test('CreatePlatformTables goes up, down and up', () =>
  rehearseMigration({ database, migration: 'CreatePlatformTables' }));

test('CreateUserRefs leaves the cursors of consumers alone', () =>
  rehearseMigration({
    database,
    migration: 'CreateUserRefs',
    write: (app) =>
      query(app, 'insert into event_cursors (source, cursor) values ($1, $2)', [newId(), '7.1']),
    read: (app) => query(app, 'select source, cursor from event_cursors order by source'),
  }));

test('CreateAuditLogs leaves users alone', () =>
  rehearseMigration({
    database,
    migration: 'CreateAuditLogs',
    write: (app) => query(app, `insert into user_refs (id, display_name) values ($1, 'Alice')`, [newId()]),
    read: (app) => query(app, 'select id, display_name, state from user_refs order by id'),
  }));

test('CreateAuditSeals leaves the log alone', () =>
  rehearseMigration({
    database,
    migration: 'CreateAuditSeals',
    write: (app) =>
      query(
        app,
        `insert into audit_logs (id, created_at, event_type, entity_type, entity_id, data_json, source_service)
         values ($1::uuid, now(), 'projects.task.created', 'task', '1', '{}', 'projects')`,
        [newId()],
      ),
    read: (app) => query(app, 'select id, created_at, event_type from audit_logs order by id'),
  }));

test('CreateReferenceSweeps leaves the log alone', () =>
  rehearseMigration({
    database,
    migration: 'CreateReferenceSweeps',
    write: (app) =>
      query(
        app,
        `insert into audit_logs (id, created_at, event_type, entity_type, entity_id, data_json, source_service)
         values ($1::uuid, now(), 'projects.task.created', 'task', '1', '{}', 'projects')`,
        [newId()],
      ),
    read: (app) => query(app, 'select id, created_at, event_type from audit_logs order by id'),
  }));

test('ForgetUserAddresses leaves the log alone', () =>
  rehearseMigration({
    database,
    migration: 'ForgetUserAddresses',
    write: (app) =>
      query(
        app,
        `insert into audit_logs (id, created_at, event_type, entity_type, entity_id, data_json, ip_address, source_service)
         values ($1::uuid, now(), 'projects.task.created', 'task', '1', '{}', '192.0.2.1', 'projects')`,
        [newId()],
      ),
    read: (app) => query(app, 'select id, created_at, ip_address from audit_logs order by id'),
  }));

const writeFact = (app: DataSource) =>
  query(
    app,
    `insert into audit_logs (id, created_at, event_type, entity_type, entity_id, data_json, ip_address, source_service)
     values ($1::uuid, now(), 'identity.login.failed', 'login', $1::text, '{}', '192.0.2.1', 'identity')`,
    [newId()],
  );
const readFacts = (app: DataSource) =>
  query(app, 'select id, created_at, ip_address from audit_logs order by id');

test('ForgetAddressesOfFailedLogins leaves the log alone', () =>
  rehearseMigration({
    database,
    migration: 'ForgetAddressesOfFailedLogins',
    write: writeFact,
    read: readFacts,
  }));

test('ForgetDeletedPeople leaves the log alone', () =>
  rehearseMigration({
    database,
    migration: 'ForgetDeletedPeople',
    write: writeFact,
    read: readFacts,
  }));

test('CreateIntegritySchedule leaves the log alone', () =>
  rehearseMigration({
    database,
    migration: 'CreateIntegritySchedule',
    write: writeFact,
    read: readFacts,
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

test('AddIntegrityFindings leaves the schedule alone, and its old writer can go on', () =>
  rehearseMigration({
    database,
    migration: 'AddIntegrityFindings',
    write: async (app) => {
      await query(
        app,
        `update integrity_schedule set audited_at = '2026-01-01', claimed_until = '2026-01-02'`,
      );
      await writeFact(app);
    },
    read: (app) =>
      query(
        app,
        'select log.id, audited_at, claimed_until from audit_logs as log cross join integrity_schedule',
      ),
  }));

test('LockPartitionsByPolicy leaves making partitions alone', () => {
  // Further each time, beyond what is there.
  let ahead = 0;
  return rehearseMigration({
    database,
    migration: 'LockPartitionsByPolicy',
    write: (app) => {
      ahead += 5;
      return query(app, `select ensure_partitions('audit_logs', now() + make_interval(months => $1))`, [
        ahead,
      ]);
    },
    read: (app) =>
      query(
        app,
        `select inhrelid::regclass::text as name
           from pg_inherits
          where inhparent = 'audit_logs'::regclass
          order by 1`,
      ),
  });
});
