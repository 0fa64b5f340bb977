import { newId, query, requestSweep, transaction } from '@hivesync/database';
import { sweepAll } from '@hivesync/events';
import { meanwhile, openTransaction } from '@hivesync/testing';
import { describe, expect, test } from 'vitest';
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

describe('POST /internal/invitations/deliver', () => {
  const path = '/internal/invitations/deliver';
  const invited = () =>
    query<{ subject: string; data: object }>(
      service.dataSource,
      `select subject, data from outbox where type = 'projects.member.invited' order by transaction_id, position`,
    );

  test('shows somebody what waited for their address, and tells it once', async () => {
    const alice = await service.register('Alma');
    const [first, second] = [
      await service.createProject(alice, 'First'),
      await service.createProject(alice, 'Second'),
    ];
    const email = 'proven@example.com';
    const answers = [];
    for (const project of [first, second]) {
      answers.push(await alice.post(`/api/v1/projects/${project}/invitations`, { email }));
    }
    const paul = await service.register('Paul');
    expect((await paul.get('/api/v1/invitations')).json().items).toEqual([]);
    const before = (await invited()).length;
    const identity = service.asService('identity');
    const proven = { user_id: paul.id, email: 'Proven@example.com' };
    expect((await identity.post(path, proven)).json()).toEqual({ delivered: 2, more: false });
    expect((await identity.post(path, proven)).json()).toEqual({ delivered: 0, more: false });
    const told = (await invited()).slice(before);
    expect(
      told.map(({ data }) => data).sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
    ).toEqual(
      [
        { project_id: first, project_name: 'First', user_id: paul.id },
        { project_id: second, project_name: 'Second', user_id: paul.id },
      ].sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
    );
    const { items } = (await paul.get('/api/v1/invitations')).json();
    expect(items).toHaveLength(2);
    // The inviter sees what they saw before.
    const again = await alice.post(`/api/v1/projects/${first}/invitations`, { email });
    expect(again.json()).toEqual(answers[0]?.json());
    expect((await paul.post(`/api/v1/invitations/${items[0].id}/accept`)).statusCode).toBe(200);
  });

  test('asks nobody to come to where they are, nor to a project that is being deleted', async () => {
    const [owner, other] = [await service.register('Olga'), await service.register('Otto')];
    const [own, gone] = [
      await service.createProject(owner, 'Own'),
      await service.createProject(other, 'Gone'),
    ];
    const email = 'olga-herself@example.com';
    await owner.post(`/api/v1/projects/${own}/invitations`, { email });
    await other.post(`/api/v1/projects/${gone}/invitations`, { email });
    await query(service.dataSource, 'update projects set deleted_at = now() where id = $1', [gone]);
    const identity = service.asService('identity');
    const answer = await identity.post(path, { user_id: owner.id, email });
    expect(answer.json()).toEqual({ delivered: 0, more: false });
    const left = await query(service.dataSource, 'select project_id from team_invitations where email = $1', [
      email,
    ]);
    expect(left).toEqual([{ project_id: gone }]);
  });

  test('is for identity, and takes somebody of whom no event has come yet', async () => {
    const unmet = { user_id: newId(), email: 'unmet@example.com' };
    const identity = service.asService('identity');
    expect((await identity.post(path, unmet)).json()).toEqual({ delivered: 0, more: false });
    const billing = await service.asService('billing').post(path, unmet);
    expect(billing.json()).toMatchObject({ status: 403, code: 'FORBIDDEN' });
    expect((await service.asStranger().post(path, unmet)).statusCode).toBe(401);
  });
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
