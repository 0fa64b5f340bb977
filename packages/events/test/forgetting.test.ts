/** Addresses of deleted people: taken out of what is there, and kept out of what comes later (ADR 0015). */
import { loginFailed, sessionEnded, taskCreated, type UserId } from '@hivesync/contracts';
import {
  type DataSource,
  newId,
  query,
  requestSweep,
  type Transaction,
  transaction,
} from '@hivesync/database';
import { meanwhile, openTransaction } from '@hivesync/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { park } from '../src/consumers/parking.ts';
import { publish, sweepAll, withoutNamesOfDeleted } from '../src/index.ts';
import { type Platform, startPlatform, task } from './platform.ts';

const address = '203.0.113.9';
const database = { service: 'projects' as const, entities: [], migrations: [] };
let platform: Platform;
let projects: DataSource;

beforeAll(async () => {
  platform = await startPlatform(['projects']);
  projects = platform.of('projects');
});

const deed = (tx: Transaction, user: UserId) =>
  publish(tx, taskCreated, { ...task(newId(), 1), origin: { actorId: user, clientIp: address } });
const leave = (user: UserId) => transaction(projects, (tx) => requestSweep(tx, 'identity.user', user, 2));
const addresses = async (user: UserId) =>
  (
    await query<{ ip: string | null }>(
      projects,
      `select host(client_ip) as ip
         from outbox
        where coalesce(actor_id::text, data ->> 'user_id', subject) = $1
          and type <> 'projects.reference.swept'
        order by transaction_id, position`,
      [user],
    )
  ).map(({ ip }) => ip);
const removed = async (user: UserId) =>
  (await query(projects, 'select removed from reference_sweeps where subject = $1', [user]))[0];

describe('the outbox', () => {
  it('loses the addresses of a deleted person in batches, also where they are not the actor', async () => {
    const [user, other] = [newId<UserId>(), newId<UserId>()];
    await transaction(projects, async (tx) => {
      for (let n = 0; n < 5; n += 1) await deed(tx, user);
      const origin = { clientIp: address };
      await publish(tx, loginFailed, { subject: user, version: 0, data: { reason: 'credentials' }, origin });
      const data = { user_id: user, reason: 'token_reuse' as const };
      await publish(tx, sessionEnded, { subject: newId(), version: 0, data, origin });
      await deed(tx, other);
    });
    await leave(user);
    await sweepAll(projects, database, { limit: 3 });
    expect(await addresses(user)).toEqual(Array(7).fill(null));
    expect(await addresses(other)).toEqual([address]);
    expect(await removed(user)).toEqual({ removed: { 'outbox.client_ip': 7 } });
  });

  it('takes no more of them', async () => {
    const user = newId<UserId>();
    await leave(user);
    await transaction(projects, (tx) => deed(tx, user));
    expect(await addresses(user)).toEqual([null]);
  });

  it('keeps those of the living, whoever asks', async () => {
    const user = newId<UserId>();
    await transaction(projects, (tx) => deed(tx, user));
    expect(await query(projects, 'select forget_outbox_addresses($1, 10) as rows', [user])).toEqual([
      { rows: 0 },
    ]);
    await expect(query(projects, 'update outbox set client_ip = null')).rejects.toMatchObject({
      driverError: { code: '42501' },
    });
    expect(await addresses(user)).toEqual([address]);
  });

  it('has none left of a deed that was under way when the deletion was heard of', async () => {
    const user = newId<UserId>();
    const writer = await openTransaction(projects);
    await deed(writer.tx, user);
    let heard = false;
    const leaving = meanwhile(() =>
      leave(user).then(() => {
        heard = true;
      }),
    );
    await new Promise((done) => setTimeout(done, 200));
    expect(heard).toBe(false);
    await writer.commit();
    await leaving.outcome;
    await sweepAll(projects, database);
    expect(await addresses(user)).toEqual([null]);
  });

  it('has none left of a deed that came while the deletion was not committed', async () => {
    const user = newId<UserId>();
    const deletion = await openTransaction(projects);
    await requestSweep(deletion.tx, 'identity.user', user, 2);
    const doing = meanwhile(() => transaction(projects, (tx) => deed(tx, user)));
    await new Promise((done) => setTimeout(done, 200));
    expect(await addresses(user)).toEqual([]);
    await deletion.commit();
    await doing.outcome;
    expect(await addresses(user)).toEqual([null]);
  });

  it('has none left however writers and the deletion interleave', async () => {
    for (let round = 0; round < 50; round += 1) {
      const user = newId<UserId>();
      const writers = Array.from({ length: 8 }, async (_, n) => {
        await new Promise((done) => setTimeout(done, (n * 7 + round) % 5));
        await transaction(projects, (tx) => deed(tx, user));
      });
      await Promise.all([...writers, leave(user).then(() => sweepAll(projects, database))]);
      expect(await addresses(user)).toEqual(Array(8).fill(null));
    }
  });
});

it('stored answers of a deleted person go, those of others stay', async () => {
  const [user, other] = [newId<UserId>(), newId<UserId>()];
  for (const caller of [user, other]) {
    await query(
      projects,
      `insert into idempotency_keys (caller, key, request_hash, status) values ('user:' || $1::text, 'k', '', 201)`,
      [caller],
    );
  }
  await leave(user);
  await sweepAll(projects, database);
  const kept = await query(projects, 'select caller from idempotency_keys');
  expect(kept).toEqual([{ caller: `user:${other}` }]);
  expect(await removed(user)).toEqual({ removed: { idempotency_keys: 1 } });
});

describe('answers that are kept for others', () => {
  const caller = `user:${newId()}`;
  const person = (id: string, display_name: string | null) => ({ id, display_name, avatar_url: null });
  const keep = (tx: Transaction, key: string, answer: object) =>
    query(
      tx,
      `insert into idempotency_keys (caller, key, request_hash, status, response) values ($1, $2, '', 201, $3)`,
      [caller, key, JSON.stringify(answer)],
    );
  const store = async (tx: Transaction, key: string, answer: object) =>
    keep(tx, key, JSON.parse(await withoutNamesOfDeleted(tx, JSON.stringify(answer))));
  const kept = async (key: string) =>
    (
      await query<{ response: string }>(
        projects,
        'select response::text from idempotency_keys where caller = $1 and key = $2',
        [caller, key],
      )
    )[0]?.response;

  it('lose name and portrait of a deleted person in batches, and stay', async () => {
    const [user, other] = [newId<UserId>(), newId<UserId>()];
    // A name of braces and quotes, a text that only looks like a person, one that the database could not read.
    const gone = { id: user, display_name: '{"id"}', avatar_url: 'https://faces.example/{1}' };
    const answer = (who: object) => ({
      id: newId(),
      title: `"id":"${user}","display_name":"`,
      text: '\u0000',
      people: [who, person(other, 'Other')],
      assignee: who,
    });
    const answers = Array.from({ length: 7 }, () => answer(gone));
    await transaction(projects, async (tx) => {
      for (const [n, one] of answers.entries()) await keep(tx, `gone ${n}`, one);
      await keep(tx, 'portrait', { id: user, display_name: null, avatar_url: 'https://faces.example/2' });
      for (let n = 0; n < 5; n += 1) await keep(tx, `unnamed ${n}`, { id: user, version: 1 });
    });
    await leave(user);
    await sweepAll(projects, database, { limit: 3 });
    for (const [n, one] of answers.entries()) {
      const [shown, nobody] = [await kept(`gone ${n}`), person(user, null)];
      expect(shown).toBe(
        JSON.stringify({ ...one, people: [nobody, person(other, 'Other')], assignee: nobody }),
      );
    }
    expect(await kept('portrait')).toBe(JSON.stringify(person(user, null)));
    expect(await removed(user)).toEqual({ removed: { 'idempotency_keys.response': 8 } });
  });

  it('do not take it in afterwards', async () => {
    const [user, other] = [newId<UserId>(), newId<UserId>()];
    await leave(user);
    await transaction(projects, (tx) => store(tx, 'late', [person(user, 'Late'), person(other, 'Other')]));
    expect(await kept('late')).toBe(JSON.stringify([person(user, null), person(other, 'Other')]));
  });

  it('do not keep it where they were under way when the deletion was heard of', async () => {
    const user = newId<UserId>();
    const writer = await openTransaction(projects);
    await store(writer.tx, 'racing', person(user, 'Racing'));
    let swept = false;
    const leaving = meanwhile(() =>
      leave(user)
        .then(() => sweepAll(projects, database))
        .then(() => {
          swept = true;
        }),
    );
    await new Promise((done) => setTimeout(done, 200));
    expect(swept).toBe(false);
    await writer.commit();
    await leaving.outcome;
    expect(await kept('racing')).toBe(JSON.stringify(person(user, null)));
  });

  it('do not keep it where they came while the deletion was not committed', async () => {
    const user = newId<UserId>();
    const deletion = await openTransaction(projects);
    await requestSweep(deletion.tx, 'identity.user', user, 2);
    const doing = meanwhile(() =>
      transaction(projects, (tx) => store(tx, 'waiting', person(user, 'Waiting'))),
    );
    await new Promise((done) => setTimeout(done, 200));
    expect(await kept('waiting')).toBeUndefined();
    await deletion.commit();
    await doing.outcome;
    expect(await kept('waiting')).toBe(JSON.stringify(person(user, null)));
  });
});

describe('parked events', () => {
  const parkDeed = (id: string, fields: object) =>
    transaction(projects, (tx) =>
      park(
        tx,
        'audit',
        { position: '1.1', event: { id, type: 'audit.x.happened', clientip: address, ...fields } },
        { reason: 'failed', error: 'x', attempts: 1 },
      ),
    );
  const parked = (id: string) =>
    query<{ event: object }>(projects, 'select event from parked_events where event_id = $1', [id]);

  it('lose the address, also one that the database could not read', async () => {
    const [user, other, event, theirs] = [newId<UserId>(), newId<UserId>(), newId(), newId()];
    await parkDeed(event, { actorid: user, data: { text: '\u0000\ud800' } });
    await parkDeed(theirs, { actorid: other, subject: user });
    await leave(user);
    await sweepAll(projects, database);
    const [row] = await query<{ event: string }>(
      projects,
      'select event::text as event from parked_events where event_id = $1',
      [event],
    );
    expect(JSON.parse(row!.event)).toMatchObject({ actorid: user, data: { text: '\u0000\ud800' } });
    expect(row!.event).not.toContain(address);
    expect(await parked(theirs)).toMatchObject([{ event: { clientip: address } }]);
    expect(await removed(user)).toEqual({ removed: { 'parked_events.client_ip': 1 } });
  });

  it('lose it in batches, behind any number that name the person with the address of another', async () => {
    const [user, other] = [newId<UserId>(), newId<UserId>()];
    for (let n = 0; n < 3; n += 1) await parkDeed(newId(), { actorid: other, subject: user });
    const theirs = [newId(), newId(), newId()];
    for (const event of theirs) await parkDeed(event, { actorid: user });
    await leave(user);
    await sweepAll(projects, database, { limit: 2 });
    for (const event of theirs) expect((await parked(event))[0]?.event).not.toHaveProperty('clientip');
    expect(await removed(user)).toEqual({ removed: { 'parked_events.client_ip': 3 } });
  });

  it('are parked without it after the deletion', async () => {
    const [user, event] = [newId<UserId>(), newId()];
    await leave(user);
    await parkDeed(event, { subject: user });
    expect((await parked(event))[0]?.event).not.toHaveProperty('clientip');
  });
});
