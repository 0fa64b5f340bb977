import { feedRewound, integrityAudited, type UserId } from '@hivesync/contracts';
import { newId, transaction } from '@hivesync/database';
import { Consumers, publish, replay } from '@hivesync/events';
import { atFileEnd, neighbour, silentLogger, testDatabase } from '@hivesync/testing';
import { expect, test, vi } from 'vitest';
import { database } from '../../src/database/data-source.ts';
import { subscriptions } from '../../src/subscriptions.ts';
import { insertUser } from '../../src/users/user.repository.ts';

const db = await testDatabase();
const dataSource = await db.dataSource(database, { poolSize: 4 });
async function register(name: string): Promise<UserId> {
  const user = {
    id: newId<UserId>(),
    email: `${name}@example.com`,
    displayName: name,
    passwordHash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA',
  };
  await transaction(dataSource, (tx) => insertUser(tx, user));
  return user.id;
}
const neighbours = await Promise.all(subscriptions.sources.map((service) => neighbour(db, service)));
const audit = neighbours.find(({ feed }) => feed.service === 'audit')!;
const consumers = new Consumers({
  dataSource,
  subscriptions,
  sources: neighbours.map(({ feed }) => feed),
  logger: silentLogger,
});
atFileEnd(() => consumers.stop());

const audited = (found: number, actorId?: UserId) =>
  transaction(audit.outbox, (tx) =>
    publish(tx, integrityAudited, {
      subject: newId(),
      version: 0,
      data: { repair: false, examined: 100, found, repaired: 0 },
      origin: actorId ? { actorId } : {},
    }),
  );
const notifications = () =>
  db.query<{ user_id: UserId; type: string; payload_json: object }>(
    'select user_id, type, payload_json from identity.notifications order by user_id, id',
  );

test('every administrator hears once of an audit that found something, and nobody else', async () => {
  const admins = [await register('ann'), await register('ben')].toSorted();
  await register('user');
  await db.query(`update identity.users set role = 'admin' where id = any($1::uuid[])`, [admins]);
  await audited(0);
  await audited(3, admins[0]);
  consumers.start();
  const told = admins.map((id) => ({
    user_id: id,
    type: 'integrity_finding',
    payload_json: { repair: false, examined: 100, found: 3, repaired: 0 },
  }));
  await vi.waitFor(async () => expect(await notifications()).toEqual(told), 10_000);

  await replay(dataSource, 'audit');
  await audited(5);
  await vi.waitFor(async () => expect(await notifications()).toHaveLength(4), 10_000);
  expect(
    (await notifications()).filter(({ payload_json }) => JSON.stringify(payload_json).includes(':3')),
  ).toEqual(told);
});

test('every administrator hears once that a service went back in the feed of another', async () => {
  const before = await notifications();
  const previews = neighbours.find(({ feed }) => feed.service === 'previews')!;
  const data = { source: 'projects', from: '7.3@0123456789abcdef', to: '7.1@0123456789abcdef' };
  await transaction(previews.outbox, (tx) =>
    publish(tx, feedRewound('previews'), { subject: 'projects', version: 0, data }),
  );
  consumers.start();
  const told = async () => (await notifications()).filter(({ payload_json }) => 'finding' in payload_json);
  await vi.waitFor(async () => expect(await told()).toHaveLength(2), 10_000);
  await replay(dataSource, 'previews');
  await audited(1);
  await vi.waitFor(async () => expect(await notifications()).toHaveLength(before.length + 4), 10_000);
  expect((await told()).map(({ type, payload_json }) => ({ type, payload_json }))).toEqual(
    Array.from({ length: 2 }, () => ({
      type: 'integrity_finding',
      payload_json: { finding: 'feed_set_back', reader: 'previews', ...data },
    })),
  );
});
