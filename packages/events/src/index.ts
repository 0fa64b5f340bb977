/**
 * # Events: what is guaranteed here, and what is not
 *
 * A service writes what happened to its `outbox`, in the transaction that made it happen. Other services read
 * that outbox in order through a feed, and apply each event in the transaction that also moves their cursor.
 *
 * ## Guaranteed
 *
 * **Published if and only if committed.** `publish` is an insert on the caller's transaction. There is no moment
 * at which a change exists without its event, or an event without its change.
 *
 * **No late commit is skipped.** Identity columns are handed out before commit, so position 7 can become visible
 * before position 6. The feed is therefore ordered by `(epoch, transaction_id, position)` and shows only rows whose
 * transaction is below `pg_snapshot_xmin`: older than every transaction still running. Whatever commits later has
 * a higher transaction id than everything shown, so it sorts behind every position that was given out.
 *
 * **A server that lost its last commits is noticed, and nothing it writes from then on is missed.** Transaction ids and
 * numbers are handed out again after a failover that lost commits, and start far below after a dump was restored. But one
 * run of a server only ever goes on from one state, so each run in which events are written is an epoch of the feed, and the
 * feed is in the order of epochs first: what is written after a fork sorts behind all positions of before, whatever its
 * ids. A position names its epoch and an event that the reader has applied. Where that event is not in the feed
 * any more, the feed refuses (`FeedSetBackError`) and says which is the newest up to there that both have; a reader of an
 * epoch that the feed does not know tries where it left the epoch before. The reader goes back by itself, after what it
 * keeps of the owner was brought back into step (`onSetBack`), and says so: `event source was set back` in the log, a
 * metric, and the event `<service>.feed.rewound`. A restart or a failover that lost nothing is none of this. It is how
 * Kafka finds truncated logs, with epochs of leaders (KIP-101, KIP-320).
 *
 * **The events of one aggregate come in the order of its versions.** The aggregate's row is locked before it is
 * changed, but a transaction gets its id at its first write, which may be long before it takes that lock: it could
 * wait for a younger transaction, change the aggregate after it, and yet sort before it. A trigger refuses such an
 * insert with SQLSTATE 40001; `transaction()` then runs the work again under a new id. Events with version 0 have
 * no order to keep and are exempt. To meet this rarely, lock the aggregate first.
 *
 * **At-least-once delivery, exactly-once effect.** A page may be read any number of times, by any number of
 * replicas. Its effects and the cursor commit together, under a lock that one consumer has for each
 * (service, source), and only if the cursor still is where the page was read from. A process that is killed
 * anywhere leaves both or neither. This holds for effects in this database, and for nothing else: a handler that
 * sends an email sends it again when its transaction rolls back. Such work is written down as a row and done later.
 *
 * **One bad event stops its own subject only.** An event whose handler keeps failing, or that does not fit its
 * schema, is parked in `parked_events` with the error after bounded attempts. Later events of the same source and
 * subject are parked behind it, so that their order holds when `retryParked` applies them; all others go on. Failures
 * of the database or the network park nothing, however long they last.
 *
 * **Nobody speaks for another.** A reader parks what comes from the feed of one service under the type of another, so
 * that a service which is taken over deletes nobody else's aggregates.
 *
 * **Deploying in any order.** Fields that a newer publisher adds are dropped when read. Types that it adds are parked
 * (`unknown`), and an event with a value that is new to a reader is too (`invalid`); `onAny` gets what is of a new type at
 * once. A release that can read them applies them by itself, within a minute of its start and in the order of their subject;
 * one that knows the type and has no handler lets it go. 10,000 of a source are kept; with one more it is not read on until
 * the reader is upgraded, and the rest stays in its outbox.
 *
 * **Nothing unread is deleted.** What a consumer reads after, it has committed; `feed_readers` remembers it, and
 * `pruneOutbox` never passes the slowest. To leave a consumer behind takes an explicit `forgetReader`; should it come back,
 * it is told that it may have missed something, and begins with the oldest event kept.
 *
 * **Deletions are carried out to the end.** The event that tells of one writes the tombstone, which refuses new rows, and
 * a row of `reference_sweeps`. A `Sweeper` in each service then applies the declared policies in short transactions, each
 * with its counts, however often it is killed; when nothing is left it publishes `<service>.reference.swept`.
 *
 * ## Not guaranteed
 *
 * **Order across aggregates or sources.** Two aggregates changed in one transaction come in the order published;
 * beyond that nothing is promised. A task may be heard of before the user who made it, of another source.
 *
 * **Order while parked.** Parking keeps the order within a subject, not across: a comment is applied although its
 * task's event is parked. Handlers must not assume what other subjects have done.
 *
 * **Promptness.** Usually milliseconds. But one transaction that has written and stays open anywhere in the database
 * *cluster* (any database in it, prepared transactions too) holds back every feed in it, as `pg_snapshot_xmin` stands
 * still. Transactions that only read do not. `idle_in_transaction_session_timeout` bounds it for our own roles. Each page
 * tells what is held (`heldEvents`), so that a consumer's lag counts it.
 *
 * **Notifications.** They only wake up sooner. Behind a transaction pooler, or while the listening connection is lost,
 * readers poll each second or two. NOTIFY also has a price: PostgreSQL takes one cluster-wide lock while a transaction
 * that notified commits, so that publishing commits queue up behind each other. It is one NOTIFY a statement, and
 * one a transaction after PostgreSQL has removed duplicates. Where that queue shows, drop the trigger
 * `outbox_announce`: everything still works by polling.
 *
 * **History for ever.** `replay` and new consumers start at the oldest event kept. What retention has deleted does
 * not come back; a consumer that must know all of it resolves the rest through the owner's API.
 *
 * **Undoing what was read of a lost history.** The reader has applied events that its owner has lost. Fields of references
 * are brought back, and later events follow; but rows that were made, deleted or sent because of them stay, and so does what
 * the audit log says. The integrity audit names references that the owner does not have, and tombstones of what it has.
 * A server that loses commits while it runs (`synchronous_commit` off, and a backend that crashes) begins no epoch, so that is
 * not noticed.
 *
 * **Crashing handlers.** Attempts are counted in memory. An event that ends the whole process each time is not parked.
 */
export type { Batch, BatchCounts, BatchOutcome } from './consumers/batch.ts';
export { Consumers, type ConsumersOptions, type Mend, type SourceLag } from './consumers/consumers.ts';
export {
  discardParked,
  type ParkedEvent,
  type ParkedFilter,
  type ParkReason,
  parkedEvents,
} from './consumers/parking.ts';
export { replay } from './consumers/replay.ts';
export { retryParked } from './consumers/retry.ts';
export type { RetryPolicy, SourceCounters } from './consumers/source-loop.ts';
export { type Backlog, backlogAfter, type ConsumerStatus, consumerStatus } from './consumers/status.ts';
export { isTransient, TooManyUnknownError } from './consumers/transient.ts';
export { feedEpochsDown, feedEpochsUp } from './epochs-sql.ts';
export {
  type Feed,
  type LongPollOptions,
  longPoll,
  maxPageLength,
  maxWaitSeconds,
  readFeed,
} from './feed.ts';
export {
  type EventSource,
  epochHeader,
  type FeedItem,
  type FeedPage,
  FeedPageSchema,
  pack,
  type ReadOptions,
} from './feed-page.ts';
export { forgetPerson } from './forgetting/forget-person.ts';
export { forgettingDown, forgettingUp } from './forgetting/forgetting-sql.ts';
export { withoutNamesOfDeleted } from './forgetting/named-in-answers.ts';
export { type Held, heldEvents } from './held.ts';
export type { Logger } from './logger.ts';
export { OutboxSignal } from './outbox-signal.ts';
export * from './outbox-state.ts';
export { platformTablesDown, platformTablesUp } from './platform-tables.ts';
export { type FeedPosition, withEpoch } from './position.ts';
export { type DefinedPublication, type Origin, type Publication, publish, publishMany } from './publish.ts';
export {
  type FeedReader,
  feedReaders,
  forgetReader,
  type PruneOptions,
  type PruneReport,
  pruneOutbox,
} from './retention.ts';
export { FeedSetBackError } from './set-back.ts';
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
export { Sweeper, type SweeperOptions, sweepAll } from './sweeps/sweeper.ts';
export { unknownEventsDown, unknownEventsUp } from './unknown-events-sql.ts';
