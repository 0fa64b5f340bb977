import { type DataSource, newId, query } from '@hivesync/database';

/**
 * For the rehearsal of a migration of the platform's tables: writes and reads them as code did that knows them as
 * the first migration made them.
 */
export const oldEventCode = {
  async write(app: DataSource): Promise<void> {
    const subject = newId();
    for (const version of [1, 2]) {
      await query(
        app,
        `insert into outbox (id, type, aggregate, subject, aggregate_version, data)
         values ($1, 'old.thing.changed', 'old.thing', $2, $3, '{}')`,
        [newId(), subject, version],
      );
    }
    await query(
      app,
      `insert into feed_readers as reader (consumer, transaction_id, position)
       select 'audit', transaction_id, position from outbox order by transaction_id desc, position desc limit 1
       on conflict (consumer) do update
       set transaction_id = excluded.transaction_id, position = excluded.position, seen_at = now()`,
    );
    const source = newId();
    await query(app, 'insert into event_cursors (source) values ($1)', [source]);
    await query(
      app,
      `update event_cursors
       set cursor = '7.1', last_event_at = coalesce('2026-01-01T00:00:00Z'::timestamptz, last_event_at)
       where source = $1`,
      [source],
    );
    await query(
      app,
      `insert into parked_events (source, event_id, position, type, subject, reason, error, attempts, event)
       values ($1, $2, '7.1', 'old.thing.changed', 'a', 'failed', 'it failed', 5, '{}')`,
      [source, newId()],
    );
  },
  async read(app: DataSource): Promise<object[]> {
    return [
      ...(await query(
        app,
        'select transaction_id, position, id, subject from outbox order by transaction_id, position',
      )),
      ...(await query(app, 'select consumer from feed_readers order by consumer')),
      ...(await query(app, 'select source, cursor from event_cursors order by source')),
      ...(await query(app, 'select source, position, reason from parked_events order by source')),
    ];
  },
};
