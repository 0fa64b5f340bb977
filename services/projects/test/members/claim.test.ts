import { newId, query, requestSweep, transaction } from '@hivesync/database';
import { sweepAll } from '@hivesync/events';
import { meanwhile, openTransaction } from '@hivesync/testing';
import { expect, test } from 'vitest';
import { database } from '../../src/app.ts';
import { keepInvitation } from '../../src/members/invitation.repository.ts';
import { startProjects } from '../support/projects-service.ts';

const service = await startProjects();

test('invitations from before somebody registered become theirs, and answers that hold the address go', async () => {
  const alice = await service.register('Alice');
  const project = await service.createProject(alice);
  const invite = (email: string, key: string) =>
    alice.post(`/api/v1/projects/${project}/invitations`, { email }, { headers: { 'idempotency-key': key } });
  const first = await invite('Nina@example.com', 'nina');
  await invite('other@example.com', 'other');
  const nina = await service.register('Nina');
  const kept = () =>
    query<{ key: string }>(service.dataSource, 'select key from idempotency_keys order by key');
  expect(await kept()).toEqual([{ key: 'nina' }, { key: 'other' }]);

  const identity = await service.asService('identity');
  const path = '/internal/invitations/claim';
  const claim = { user_id: nina.id, email: 'NINA@example.com' };
  expect((await identity.post(path, claim)).json()).toEqual({ claimed: 1 });
  expect(await kept()).toEqual([{ key: 'other' }]);
  expect((await nina.get('/api/v1/invitations')).json().items).toMatchObject([{ id: first.json().id }]);
  expect((await invite('Nina@example.com', 'nina')).json()).toEqual(first.json());
  expect((await identity.post(path, claim)).json()).toEqual({ claimed: 0 });
  // Somebody of whom no event has come yet.
  const unmet = { user_id: newId(), email: 'other@example.com' };
  expect((await identity.post(path, unmet)).json()).toEqual({ claimed: 1 });
  expect((await nina.post(path, claim)).statusCode).toBe(401);
  const billing = await service.asService('billing');
  expect((await billing.post(path, claim)).json()).toMatchObject({ status: 403, code: 'FORBIDDEN' });
});

test('an invitation that came between the claim and the deletion goes, and the answer with its address', async () => {
  const alice = await service.register('Alina');
  const lena = await service.register('Lena');
  const identity = await service.asService('identity');
  await identity.post('/internal/invitations/claim', { user_id: lena.id, email: lena.email });
  // In several projects, so that it takes more than one batch.
  for (const n of [1, 2, 3]) {
    const project = await service.createProject(alice, `Late ${n}`);
    const headers = { 'idempotency-key': `late ${n}` };
    const path = `/api/v1/projects/${project}/invitations`;
    expect((await alice.post(path, { email: lena.email }, { headers })).statusCode).toBe(202);
    await alice.post(path, { email: 'stays@example.com' }, { headers: { 'idempotency-key': `stays ${n}` } });
  }
  const holding = async (table: string, email: string) =>
    (await query(service.dataSource, `select from ${table} as t where strpos(t::text, $1) > 0`, [email]))
      .length;
  expect(await holding('idempotency_keys', lena.email)).toBe(3);

  await transaction(service.dataSource, (tx) => requestSweep(tx, 'identity.user', lena.id, 2));
  await sweepAll(service.dataSource, database, { limit: 2 });
  for (const table of ['idempotency_keys', 'team_invitations']) {
    expect(await holding(table, lena.email), table).toBe(0);
    expect(await holding(table, 'stays@example.com'), table).toBe(3);
  }
  const [sweep] = await query(service.dataSource, 'select removed from reference_sweeps where subject = $1', [
    lena.id,
  ]);
  expect(sweep).toEqual({ removed: { idempotency_keys: 3, 'team_invitations.user_id': 3 } });
});

test('an answer to who is just inviting them once more goes too', async () => {
  const [alice, ruth] = [await service.register('Alena'), await service.register('Ruth')];
  const project = await service.createProject(alice);
  await alice.post(`/api/v1/projects/${project}/invitations`, { email: ruth.email });
  const again = await openTransaction(service.dataSource);
  await keepInvitation(again.tx, project, ruth.email, ruth.id, alice.id);
  await query(
    again.tx,
    `insert into idempotency_keys (caller, key, request_hash, status, response) values ('user:' || $1::text, 'again', '', 202, $2)`,
    [alice.id, JSON.stringify({ email: ruth.email })],
  );
  const leaving = meanwhile(async () => {
    await transaction(service.dataSource, (tx) => requestSweep(tx, 'identity.user', ruth.id, 2));
    await sweepAll(service.dataSource, database);
  });
  await new Promise((done) => setTimeout(done, 300));
  await again.commit();
  await leaving.outcome;
  expect(await query(service.dataSource, `select from idempotency_keys where key = 'again'`)).toEqual([]);
});

test('a repeat of what named somebody who has left is answered without their name, and done once', async () => {
  const alice = await service.register('Alva');
  const gone = await service.register('Gone-Soon');
  const project = await service.createProject(alice);
  await service.join(alice, project, gone);
  const assign = () =>
    alice.post(
      `/api/v1/projects/${project}/tasks`,
      { title: 'Theirs', assignee_id: gone.id },
      { headers: { 'idempotency-key': 'assign' } },
    );
  const first = await assign();
  expect(first.json().assignee).toMatchObject({ id: gone.id, display_name: gone.name });
  await transaction(service.dataSource, (tx) => requestSweep(tx, 'identity.user', gone.id, 2));
  await sweepAll(service.dataSource, database);
  const again = await assign();
  expect(again.headers['idempotency-replayed']).toBe('true');
  expect(again.json()).toEqual({
    ...first.json(),
    assignee: { id: gone.id, display_name: null, avatar_url: null },
  });
  expect((await alice.get(`/api/v1/projects/${project}/tasks`)).json().items).toHaveLength(1);
});
