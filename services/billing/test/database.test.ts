import { defaultTierLimits, limitKeys, type Tier, tiers } from '@hivesync/contracts';
import { type DataSource, newId, query } from '@hivesync/database';
import { testDatabase } from '@hivesync/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { database } from '../src/database/data-source.ts';

let app: DataSource;
let owner: DataSource;

beforeAll(async () => {
  const server = await testDatabase();
  app = await server.dataSource(database);
  owner = await server.dataSource(database, { as: 'owner' });
});

test('a new database has the default limit of every key and tier', async () => {
  const rows = await query<{ tier: Tier; limit_key: string; value: number }>(
    app,
    'select tier, limit_key, value from tier_limits',
  );
  const stored = Object.fromEntries(rows.map((row) => [`${row.tier}:${row.limit_key}`, row.value]));
  const planned = Object.fromEntries(
    limitKeys.flatMap((key) => tiers.map((tier) => [`${tier}:${key}`, defaultTierLimits[key][tier]])),
  );
  expect(stored).toEqual(planned);
});

describe('a subscription', () => {
  const write = async (user: string, columns: Record<string, unknown> = {}) => {
    const row = {
      id: newId(),
      user_id: user,
      subscription_id: newId(),
      status: 'active',
      tier: 'pro',
      ...columns,
    };
    await query(
      owner,
      `insert into subscriptions (${Object.keys(row).join(', ')})
       values (${Object.keys(row)
         .map((_, index) => `$${index + 1}`)
         .join(', ')})`,
      Object.values(row),
    );
  };
  const newUser = async () => {
    const user = newId();
    await query(owner, 'insert into user_refs (id) values ($1)', [user]);
    return user;
  };

  test.each(['active', 'past_due', 'paused'])('that is %s keeps another live one out', async (status) => {
    const user = await newUser();
    await write(user, { status });
    await expect(write(user)).rejects.toMatchObject({
      driverError: { code: '23505', constraint: 'subscriptions_user_id_live_key' },
    });
  });

  test.each([
    ['canceled', 'pro'],
    ['expired', 'free'],
  ])('that is %s lets a live one in', async (status, tier) => {
    const user = await newUser();
    await write(user, { status, tier });
    await write(user, { status, tier });
    await expect(write(user)).resolves.toBeUndefined();
  });

  test('has an id at the provider that nobody else has', async () => {
    const subscription = { subscription_id: 'ls-1' };
    await write(await newUser(), subscription);
    await expect(write(await newUser(), subscription)).rejects.toMatchObject({
      driverError: { code: '23505', constraint: 'subscriptions_subscription_id_key' },
    });
  });

  test('that expired leaves no paid tier', async () => {
    await expect(write(await newUser(), { status: 'expired' })).rejects.toMatchObject({
      driverError: { code: '23514' },
    });
  });

  test('is not for a deleted user, nor for one who never was', async () => {
    const user = await newUser();
    await query(owner, `update user_refs set state = 'deleted', deleted_at = now() where id = $1`, [user]);
    await expect(write(user)).rejects.toMatchObject({ driverError: { code: '23503' } });
    await expect(write(newId())).rejects.toMatchObject({ driverError: { code: '23503' } });
  });

  test.each([
    'insert into subscriptions (id) values (null)',
    'update subscriptions set status = status',
    'delete from subscriptions',
    'truncate subscriptions',
  ])('cannot be written by the running service: %s', async (statement) => {
    await expect(query(app, statement)).rejects.toMatchObject({ driverError: { code: '42501' } });
  });
});

describe('the inbox of the provider', () => {
  const write = (columns: Record<string, unknown> = {}) => {
    const row = {
      id: newId(),
      webhook_id: newId(),
      event_name: 'subscription_updated',
      data_type: 'subscriptions',
      data_id: '1',
      body: Buffer.from('{}'),
      body_sha256: Buffer.from(newId().replaceAll('-', '').repeat(2), 'hex'),
      ...columns,
    };
    return query<object>(
      app,
      `insert into provider_events (${Object.keys(row).join(', ')})
       values (${Object.keys(row)
         .map((_, index) => `$${index + 1}`)
         .join(', ')})`,
      Object.values(row),
    );
  };

  test('takes one webhook of one event of one object once', async () => {
    const webhook = newId();
    await write({ webhook_id: webhook });
    await write({ webhook_id: webhook, data_id: '2' });
    await write({ webhook_id: webhook, event_name: 'subscription_cancelled' });
    await expect(write({ webhook_id: webhook })).rejects.toMatchObject({ driverError: { code: '23505' } });
  });

  test('takes the same bytes once', async () => {
    const hash = { body_sha256: Buffer.alloc(32, 7) };
    await write({ ...hash, webhook_id: null });
    await expect(write({ ...hash, webhook_id: null })).rejects.toMatchObject({
      driverError: { code: '23505' },
    });
  });

  test.each([
    ['applied without a time', { state: 'applied' }],
    ['flagged without a reason', { state: 'flagged' }],
    ['with half a hash', { body_sha256: Buffer.alloc(16) }],
  ])('refuses an event %s', async (_what, columns) => {
    await expect(write(columns)).rejects.toMatchObject({ driverError: { code: '23514' } });
  });
});
