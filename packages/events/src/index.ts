export type { Batch, BatchCounts, BatchOutcome } from './consumers/batch.ts';
export { Consumers, type ConsumersOptions, type SourceLag } from './consumers/consumers.ts';
export {
  discardParked,
  type ParkedEvent,
  type ParkedFilter,
  type ParkReason,
  parkedEvents,
  retryParked,
} from './consumers/parking.ts';
export { replay } from './consumers/replay.ts';
export type { RetryPolicy, SourceCounters } from './consumers/source-loop.ts';
export { isTransient } from './consumers/transient.ts';
export {
  type Feed,
  FeedRestartedError,
  type LongPollOptions,
  longPoll,
  maxPageLength,
  maxWaitSeconds,
  readFeed,
} from './feed.ts';
export {
  type EventSource,
  type FeedItem,
  type FeedPage,
  FeedPageSchema,
  type ReadOptions,
} from './feed-page.ts';
export type { Logger } from './logger.ts';
export { OutboxSignal } from './outbox-signal.ts';
export { platformTablesDown, platformTablesUp } from './platform-tables.ts';
export type { FeedPosition } from './position.ts';
export { type DefinedPublication, type Origin, type Publication, publish, publishMany } from './publish.ts';
export {
  type FeedReader,
  feedReaders,
  forgetReader,
  type PruneOptions,
  type PruneReport,
  pruneOutbox,
  rebaseOutbox,
} from './retention.ts';
export { FeedError, type FeedFailure, httpEventSource } from './sources/http-event-source.ts';
export { localEventSource } from './sources/local-event-source.ts';
export {
  defineSubscriptions,
  type EventHandler,
  on,
  onAny,
  type Subscription,
  type Subscriptions,
} from './subscriptions.ts';
