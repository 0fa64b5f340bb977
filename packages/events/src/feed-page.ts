import type { ServiceName } from '@hivesync/contracts';
import { type Static, Type } from 'typebox';
import { HeldSchema } from './held.ts';
import { type FeedPosition, splitPosition, withEpoch } from './position.ts';

const Position = Type.Union([Type.String(), Type.Null()]);

/**
 * One answer of a feed, as it travels. Events are only checked one by one, by the consumer: one bad event
 * is parked and must not make its whole page unreadable. What is optional is not told by an earlier release.
 */
export const FeedPageSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      position: Type.String(),
      epoch: Type.Optional(Type.String({ description: 'Second half of the position, see `feed-epoch`' })),
      event: Type.Unknown(),
    }),
  ),
  head: { ...Position, description: 'Position of the last event that can be read; null when there is none' },
  remaining: Type.Integer({ minimum: 0, description: 'About how many events follow this page; 0 is exact' }),
  held: Type.Optional(HeldSchema),
});
export type TravellingPage = Static<typeof FeedPageSchema>;

export interface FeedItem {
  position: FeedPosition;
  event: unknown;
}

export interface FeedPage extends Omit<TravellingPage, 'items'> {
  items: FeedItem[];
}

/** A page for the way, and back. */
export function pack({ items, ...page }: FeedPage): TravellingPage {
  return {
    ...page,
    items: items.map(({ position, event }) => {
      const { place, epoch } = splitPosition(position);
      return { position: place, event, ...(epoch !== null && { epoch }) };
    }),
  };
}

export function unpack({ items, ...page }: TravellingPage): FeedPage {
  return {
    ...page,
    items: items.map(({ position, epoch, event }) => ({ position: withEpoch(position, epoch), event })),
  };
}

/** The header in which the epoch of `after` travels: servers of an earlier release pass over it. */
export const epochHeader = 'feed-epoch';

export interface ReadOptions {
  /** Events at most, 1 to 1,000. */
  limit: number;
  /** How long to wait for a first event, 0 to 30 s. */
  waitSeconds: number;
  signal: AbortSignal;
}

/**
 * What a driver offers: read what follows a position, in order, waiting up to N seconds for something.
 * An empty page means that nothing came. Rejects when the source cannot be read or the signal aborts, and with
 * `FeedSetBackError` where the event at the position is not in its history any more.
 */
export interface EventSource {
  readonly service: ServiceName;
  read(after: FeedPosition | null, options: ReadOptions): Promise<FeedPage>;
}
