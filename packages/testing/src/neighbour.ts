import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '@hivesync/contracts';
import { type DataSource, defineDatabase } from '@hivesync/database';
import { type EventSource, readFeed } from '@hivesync/events';
import type { TestDatabase } from './test-database.ts';

/** Another service in the same test database, as far as a consumer of its events can tell. */
export interface Neighbour {
  /** With its app role: publish here as that service would. */
  outbox: DataSource;
  /** Its feed, read straight from the outbox. */
  feed: EventSource;
}

/** A stand-in for another service, whose code a service's tests may not import. */
export async function neighbour(server: TestDatabase, service: ServiceName): Promise<Neighbour> {
  const outbox = await server.dataSource(defineDatabase({ service, entities: [], migrations: [] }));
  return {
    outbox,
    feed: {
      service,
      read: async (after, { limit }) => {
        const page = await readFeed(outbox, after, limit);
        // Short enough for a test to wait for, long enough not to keep the database busy.
        if (page.items.length === 0) await sleep(20);
        return page;
      },
    },
  };
}
