import { type DataSource, newId, query } from '@hivesync/database';
import { type TestUser, testUser } from '@hivesync/testing';
import { beforeAll, expect, test } from 'vitest';
import { database } from '../src/app.ts';
import { startBilling } from './service.ts';

let service: Awaited<ReturnType<typeof startBilling>>;
let owner: DataSource;

beforeAll(async () => {
  service = await startBilling();
  owner = await service.database.dataSource(database, { as: 'owner' });
});

const path = '/api/v1/billing/subscription';
const day = 86_400_000;
const free = {
  id: null,
  status: null,
  tier: 'free',
  renews_at: null,
  ends_at: null,
  created_at: null,
  updated_at: null,
};

async function subscribe(
  user: TestUser,
  columns: { status: string; tier: string; ends_at?: Date },
): Promise<string> {
  const id = newId();
  await query(owner, 'insert into user_refs (id) values ($1) on conflict (id) do nothing', [user.id]);
  await query(
    owner,
    `insert into subscriptions (id, user_id, subscription_id, status, tier, ends_at, checkout_metadata)
     values ($1, $2, $3, $4, $5, $6, '{"email": "alice@example.com"}')`,
    [id, user.id, newId(), columns.status, columns.tier, columns.ends_at ?? null],
  );
  return id;
}

test('who never subscribed is on the free tier', async () => {
  const answer = await service.as(testUser()).get(path);
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual(free);
});

test.each(['active', 'past_due', 'paused'])('one that is %s is in force', async (status) => {
  const user = testUser();
  const id = await subscribe(user, { status, tier: 'pro' });
  const answer = await service.as(user).get(path);
  expect(answer.json()).toEqual({
    ...free,
    id,
    status,
    tier: 'pro',
    created_at: expect.any(String),
    updated_at: expect.any(String),
  });
});

test('one that is canceled is in force until it ends', async () => {
  const [running, over] = [testUser(), testUser()];
  const ends = new Date(Date.now() + day);
  await subscribe(running, { status: 'canceled', tier: 'premium', ends_at: ends });
  await subscribe(over, { status: 'canceled', tier: 'premium', ends_at: new Date(Date.now() - day) });
  expect((await service.as(running).get(path)).json()).toMatchObject({
    status: 'canceled',
    tier: 'premium',
    ends_at: ends.toISOString(),
  });
  expect((await service.as(over).get(path)).json()).toEqual(free);
});

test('a live one counts before one that runs out', async () => {
  const user = testUser();
  const live = await subscribe(user, { status: 'active', tier: 'pro' });
  await subscribe(user, { status: 'canceled', tier: 'premium', ends_at: new Date(Date.now() + day) });
  await subscribe(user, { status: 'expired', tier: 'free' });
  expect((await service.as(user).get(path)).json()).toMatchObject({ id: live, tier: 'pro' });
});

test('each sees their own only, and strangers none', async () => {
  const [alice, bob] = [testUser(), testUser()];
  await subscribe(alice, { status: 'active', tier: 'pro' });
  expect((await service.as(bob).get(path)).json()).toEqual(free);
  expect((await service.asStranger().get(path)).json()).toMatchObject({
    status: 401,
    code: 'UNAUTHENTICATED',
  });
});
