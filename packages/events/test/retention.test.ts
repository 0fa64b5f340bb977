import { query } from '@hivesync/database';
import { settledFeed, silentLogger } from '@hivesync/testing';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { feedReaders, forgetReader, longPoll, OutboxSignal, pruneOutbox } from '../src/index.ts';
import { newSubject, type Platform, publishTask, startPlatform } from './platform.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform(['projects']);
});
const projects = () => platform.of('projects');
let positions: string[];

beforeEach(async () => {
  await platform.owner('projects', 'truncate outbox, feed_readers');
  for (let at = 0; at < 10; at += 1) await publishTask(projects(), newSubject(), 1);
  positions = (await settledFeed(projects())).items.map(({ position }) => position);
});

const kept = async () => (await settledFeed(projects())).items.length;
const tomorrow = () => new Date(Date.now() + 86_400_000);

async function readAs(consumer: string, after: string | null): Promise<void> {
  const signal = OutboxSignal.of(projects(), { logger: silentLogger });
  await longPoll({ dataSource: projects(), signal }, { after, limit: 1, waitSeconds: 0, consumer });
  await signal.stop();
}

describe('pruneOutbox', () => {
  it('deletes nothing while nobody has read', async () => {
    expect(await pruneOutbox(projects(), { olderThan: tomorrow() })).toEqual({ deleted: 0, slowest: null });
    expect(await kept()).toBe(10);
  });

  it('stops at the slowest consumer, and says which one that is', async () => {
    await readAs('audit', positions[8]!);
    await readAs('identity', positions[3]!);
    // What stands at its position is kept: by it the feed knows that the reader is of its history.
    expect(await pruneOutbox(projects(), { olderThan: tomorrow(), batch: 2 })).toEqual({
      deleted: 3,
      slowest: 'identity',
    });
    expect((await settledFeed(projects(), { after: positions[3]! })).items).toHaveLength(6);
    await readAs('identity', positions[9]!);
    expect(await pruneOutbox(projects(), { olderThan: tomorrow() })).toEqual({
      deleted: 5,
      slowest: 'audit',
    });
    expect((await settledFeed(projects(), { after: positions[8]! })).items).toHaveLength(1);
  });

  it('does not count what a consumer was given but has not come back from', async () => {
    await readAs('audit', null);
    expect(await pruneOutbox(projects(), { olderThan: tomorrow() })).toEqual({
      deleted: 0,
      slowest: 'audit',
    });
    expect(await feedReaders(projects())).toEqual([
      { consumer: 'audit', acknowledged: null, seenAt: expect.any(Date) },
    ]);
  });

  it('waits for a consumer that is expected but was never seen', async () => {
    await readAs('audit', positions[9]!);
    const options = { olderThan: tomorrow(), consumers: ['audit', 'billing'] };
    expect(await pruneOutbox(projects(), options)).toEqual({ deleted: 0, slowest: 'billing' });
  });

  it('keeps what is younger than the policy', async () => {
    await readAs('audit', positions[9]!);
    const created = await query<{ created_at: Date }>(
      projects(),
      'select created_at from outbox order by transaction_id, position',
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    const sixth = created[5]!.created_at;
    const { deleted } = await pruneOutbox(projects(), { olderThan: sixth, batch: 2 });
    expect(deleted).toBeGreaterThanOrEqual(4);
    expect(deleted).toBeLessThanOrEqual(5);
    expect(await kept()).toBe(10 - deleted);
  });

  it('passes a consumer only once it is forgotten on purpose', async () => {
    await readAs('audit', positions[9]!);
    await readAs('billing', positions[0]!);
    expect((await pruneOutbox(projects(), { olderThan: tomorrow() })).deleted).toBe(0);
    await forgetReader(projects(), 'billing');
    expect((await pruneOutbox(projects(), { olderThan: tomorrow() })).deleted).toBe(9);
    // Should it come back, it is told that it may have missed something.
    await expect(readAs('billing', positions[0]!)).rejects.toMatchObject({ rewindTo: null });
  });

  it('is held back again by a replay', async () => {
    await readAs('audit', positions[9]!);
    await readAs('audit', null);
    expect((await pruneOutbox(projects(), { olderThan: tomorrow() })).deleted).toBe(0);
  });
});
