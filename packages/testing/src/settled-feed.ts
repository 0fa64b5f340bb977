import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from '@hivesync/database';
import { type FeedPage, readFeed } from '@hivesync/events';

const patienceMs = 20_000;

export interface SettledFeedOptions {
  /** Position to read after; default: from the oldest event kept. */
  after?: string | null;
  /** Events at most, 1 to 1,000; default 1,000. */
  limit?: number;
  /** How many events the test itself holds back, with a transaction that it keeps open; default none. */
  held?: number;
}

/**
 * A page of a service's feed, read once nothing holds it back any more: every event that was committed before the
 * call is in it. A plain `readFeed` may lack the newest, since a transaction of any test file on the server holds
 * them back.
 * @throws Error when events are still held back after 20 s
 */
export async function settledFeed(
  source: DataSource,
  { after = null, limit = 1_000, held = 0 }: SettledFeedOptions = {},
): Promise<FeedPage> {
  for (const end = Date.now() + patienceMs; ; await sleep(20)) {
    const page = await readFeed(source, after, limit);
    const events = page.held?.events ?? 0;
    if (events <= held) return page;
    if (Date.now() > end) throw new Error(`${events} events are held back for over ${patienceMs / 1_000} s`);
  }
}
