import {
  referenceSwept,
  userDeleted,
  userInspected,
  userRegistered,
  userRoleChanged,
  userUpdated,
} from '@hivesync/contracts';
import { newId, query, ReferenceRow, References, ReferenceTable, sql, transaction } from '@hivesync/database';
import { silentLogger } from '@hivesync/testing';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  Consumers,
  defineSubscriptions,
  localEventSource,
  OutboxSignal,
  publish,
  replay,
  Sweeper,
} from '../src/index.ts';
import { readEvent } from '../src/validation.ts';
import { type Platform, startPlatform } from './platform.ts';

@Entity({ name: 'user_refs' })
@ReferenceTable('identity.user', { keepsFresh: { display_name: 'display_name', tier: 'tier' } })
class UserRef extends ReferenceRow {}

@Entity({ name: 'notes' })
class Note {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'uuid' })
  @References(() => UserRef, { onDelete: 'cascade' })
  author_id!: string;
}

const database = { service: 'billing' as const, entities: [UserRef, Note], migrations: [] };
let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform(['identity', 'billing']);
  await platform.owner(
    'billing',
    sql.referenceTable('user_refs', ['display_name text', 'tier text']),
    ...sql.keepTombstonesUp(['user_refs']),
    'create table notes (id uuid primary key, author_id uuid not null references user_refs (id))',
  );
});

describe('handlers of reference tables', () => {
  it('follow from the declarations alone', () => {
    const subscriptions = defineSubscriptions({ database });
    expect(subscriptions.sources).toEqual(['identity']);
    const handled = [userRegistered, userUpdated, userDeleted].map(
      ({ type }) => subscriptions.handlersOf(type).length,
    );
    expect(handled).toEqual([1, 1, 1]);
    const others = [userRoleChanged, userInspected].map(({ type }) => subscriptions.handlersOf(type).length);
    expect(others).toEqual([0, 0]);
  });

  it('refuse to keep fresh what no event of the owner tells', () => {
    @Entity({ name: 'person_refs' })
    @ReferenceTable('identity.user', { keepsFresh: { nickname: 'display_name' } })
    class PersonRef extends ReferenceRow {}
    expect(() => defineSubscriptions({ database: { ...database, entities: [PersonRef] } })).toThrow(
      'person_refs: no event of identity.user has all that is kept fresh: nickname',
    );
  });

  it('keep rows fresh and carry a deletion out', async () => {
    const [identity, billing] = [platform.of('identity'), platform.of('billing')];
    const signal = OutboxSignal.of(identity, { logger: silentLogger });
    const consumers = new Consumers({
      dataSource: billing,
      subscriptions: defineSubscriptions({ database }),
      sources: [localEventSource('identity', { dataSource: identity, signal }, 'billing')],
      logger: silentLogger,
      waitSeconds: 1,
    });
    const id = newId();
    const user = (display_name: string) => ({ display_name, avatar_url: null, tier: 'free' as const });
    const refs = () => query(billing, 'select state, version, display_name, tier from user_refs');
    // It looks by itself only once a minute here: what wakes it is the batch with the deletion.
    const sweeper = new Sweeper({ dataSource: billing, database, logger: silentLogger, poll: 60_000 });
    consumers.onApplied(() => sweeper.wake());
    sweeper.start();
    consumers.start();
    try {
      await transaction(identity, (tx) =>
        publish(tx, userRegistered, { subject: id, version: 1, data: user('Alice') }),
      );
      await transaction(identity, (tx) =>
        publish(tx, userUpdated, { subject: id, version: 2, data: user('Bob') }),
      );
      await expect.poll(refs).toEqual([{ state: 'active', version: 2, display_name: 'Bob', tier: 'free' }]);
      await query(billing, 'insert into notes values ($1, $2)', [newId(), id]);
      await transaction(identity, (tx) => publish(tx, userDeleted, { subject: id, version: 3, data: {} }));
      await expect.poll(refs).toMatchObject([{ state: 'deleted', version: 3 }]);
      await expect.poll(() => query(billing, 'select id from notes')).toEqual([]);
      const { type } = referenceSwept('billing');
      const told = () =>
        query<{ data: object }>(billing, 'select data from outbox where type = $1 and subject = $2', [
          type,
          id,
        ]);
      await expect.poll(told).toMatchObject([
        {
          data: {
            aggregate: 'identity.user',
            removed: { 'notes.author_id': 1 },
            longest_lock_ms: expect.any(Number),
          },
        },
      ]);
      const [event] = await told();
      const raw = {
        specversion: '1.0',
        id,
        source: 'hivesync/billing',
        type,
        subject: id,
        time: new Date().toISOString(),
        aggregateversion: 0,
        data: event?.data,
      };
      // A reader gets the counts, whatever their names are.
      expect(readEvent('billing', raw)).toMatchObject({
        valid: true,
        known: true,
        event: { data: event?.data },
      });
      // From zero, all of it comes over a tombstone: the registration, the change and the deletion.
      const [before] = await refs();
      const cursors = () => query(billing, 'select source, cursor from event_cursors');
      const end = await cursors();
      await replay(billing, 'identity');
      await expect.poll(cursors, { timeout: 10_000 }).toEqual(end);
      expect(await refs()).toEqual([before]);
      expect(await query(billing, 'select event_id from parked_events')).toEqual([]);
    } finally {
      await consumers.stop();
      await sweeper.stop();
      await signal.stop();
    }
  });
});
