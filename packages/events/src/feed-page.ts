import type { ServiceName } from '@hivesync/contracts';
import { type Static, Type } from 'typebox';
import { HeldSchema } from './held.ts';
import type { FeedPosition } from './position.ts';

const Position = Type.Union([Type.String(), Type.Null()]);

/**
 * One answer of a feed, as it travels. Events are only checked one by one, by the consumer: one bad event
 * is parked and must not make its whole page unreadable.
 */
export const FeedPageSchema = Type.Object({
  items: Type.Array(Type.Object({ position: Type.String(), event: Type.Unknown() })),
  head: { ...Position, description: 'Position of the last event that can be read; null when there is none' },
  remaining: Type.Integer({ minimum: 0, description: 'About how many events follow this page; 0 is exact' }),
  // Optional, so that a publisher of an earlier release is understood.
  held: Type.Optional(HeldSchema),
});
export type FeedPage = Static<typeof FeedPageSchema>;
export type FeedItem = FeedPage['items'][number];

export interface ReadOptions {
  /** Events at most, 1 to 1,000. */
  limit: number;
  /** How long to wait for a first event, 0 to 30 s. */
  waitSeconds: number;
  signal: AbortSignal;
}

/**
 * What a driver offers: read what follows a position, in order, waiting up to N seconds for something.
 * An empty page means that nothing came. Rejects when the source cannot be read or the signal aborts.
 */
export interface EventSource {
  readonly service: ServiceName;
  read(after: FeedPosition | null, options: ReadOptions): Promise<FeedPage>;
}
