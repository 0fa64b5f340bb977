import { newId, query } from '@hivesync/database';
import { oldEventCode, rehearseMigration } from '@hivesync/testing';
import { test } from 'vitest';
import { database } from '../../src/database/data-source.ts';

test('CreatePlatformTables goes up, down and up', () =>
  rehearseMigration({ database, migration: 'CreatePlatformTables' }));

test('CreateWorkerNodes leaves the cursors of consumers alone', () =>
  rehearseMigration({
    database,
    migration: 'CreateWorkerNodes',
    write: (app) =>
      query(app, 'insert into event_cursors (source, cursor) values ($1, $2)', [newId(), '7.1']),
    read: (app) => query(app, 'select source, cursor from event_cursors order by source'),
  }));

test('CreateWorkerHeartbeats leaves nodes alone', () =>
  rehearseMigration({
    database,
    migration: 'CreateWorkerHeartbeats',
    write: (app) =>
      query(app, `insert into worker_nodes (id, name, type) values ($1, 'cpu-1', 'cpu')`, [newId()]),
    read: (app) => query(app, 'select id, name, type, status from worker_nodes order by id'),
  }));

test('CreateReferenceSweeps leaves nodes alone', () =>
  rehearseMigration({
    database,
    migration: 'CreateReferenceSweeps',
    write: (app) =>
      query(app, `insert into worker_nodes (id, name, type) values ($1, 'cpu-1', 'cpu')`, [newId()]),
    read: (app) => query(app, 'select id, name, type, status from worker_nodes order by id'),
  }));

test('ForgetDeletedPeople leaves nodes alone', () =>
  rehearseMigration({
    database,
    migration: 'ForgetDeletedPeople',
    write: (app) =>
      query(app, `insert into worker_nodes (id, name, type) values ($1, 'cpu-1', 'cpu')`, [newId()]),
    read: (app) => query(app, 'select id, name, type, status from worker_nodes order by id'),
  }));

test('AddFeedEpochs leaves code that knows no epochs working', () =>
  rehearseMigration({ database, migration: 'AddFeedEpochs', ...oldEventCode }));

test('KeepUnknownEvents leaves code that skips such events working', () =>
  rehearseMigration({ database, migration: 'KeepUnknownEvents', ...oldEventCode }));

test('LockPartitionsByPolicy leaves making partitions alone', () => {
  // Further each time, beyond what is there.
  let ahead = 0;
  return rehearseMigration({
    database,
    migration: 'LockPartitionsByPolicy',
    write: (app) => {
      ahead += 10;
      return query(app, `select ensure_partitions('worker_heartbeats', now() + make_interval(days => $1))`, [
        ahead,
      ]);
    },
    read: (app) =>
      query(
        app,
        `select inhrelid::regclass::text as name
           from pg_inherits
          where inhparent = 'worker_heartbeats'::regclass
          order by 1`,
      ),
  });
});
