import type { ServiceName } from '@hivesync/contracts';
import { type Feed, longPoll } from '../feed.ts';
import type { EventSource } from '../feed-page.ts';

/** A feed read straight from its database: a service's own events, without calling itself. */
export function localEventSource(service: ServiceName, feed: Feed, consumer?: string): EventSource {
  return {
    service,
    read: async (after, options) => {
      options.signal.throwIfAborted();
      return longPoll(feed, { after, consumer, ...options });
    },
  };
}
