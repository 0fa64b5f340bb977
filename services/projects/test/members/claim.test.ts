import { newId, query } from '@hivesync/database';
import { expect, test } from 'vitest';
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
