import {
  type CloudEvent,
  type EventData,
  type EventDefinition,
  type ServiceName,
  serviceNames,
} from '@hivesync/contracts';
import type { ServiceDatabase, Transaction } from '@hivesync/database';
import { referenceSubscriptions } from './reference-handlers.ts';

/**
 * Applies one event in the transaction that also moves the cursor. It does nothing but SQL on `tx`
 * (an effect outside cannot be taken back with it), and may be given an event again on replay.
 */
export type EventHandler<Data = unknown> = (tx: Transaction, event: CloudEvent<Data>) => Promise<void>;

export interface Subscription {
  /** Null: every event of every source, those of unknown type too. */
  type: string | null;
  handle: EventHandler;
}

/** Subscribes to one type; `event.data` has been checked against its definition. */
export function on<D extends EventDefinition>(
  definition: D,
  handler: EventHandler<EventData<D>>,
): Subscription {
  return {
    type: definition.type,
    handle: (tx, event) => handler(tx, event as CloudEvent<EventData<D>>),
  };
}

/** Subscribes to everything, including types that this release does not know (their data is unchecked). */
export function onAny(handler: EventHandler): Subscription {
  return { type: null, handle: handler };
}

export interface Subscriptions {
  readonly database: ServiceDatabase;
  readonly sources: readonly ServiceName[];
  /** In the order in which they are called: references first, then those for its type, then those for any. */
  handlersOf(type: string): readonly EventHandler[];
}

/**
 * What a service does about events. The handlers that keep its reference tables are added from their
 * declarations, and so are the sources that follow from the types; `sources` names further ones for `onAny`.
 */
export function defineSubscriptions(definition: {
  database: ServiceDatabase;
  sources?: readonly ServiceName[];
  handlers?: readonly Subscription[];
}): Subscriptions {
  const { database, sources = [], handlers = [] } = definition;
  const references = referenceSubscriptions(database);
  const byType = new Map<string, EventHandler[]>();
  const any: EventHandler[] = [];
  for (const { type, handle } of [...references.subscriptions, ...handlers]) {
    if (type === null) any.push(handle);
    else byType.set(type, [...(byType.get(type) ?? []), handle]);
  }
  const publishers = [...byType.keys()].map((type) => type.slice(0, type.indexOf('.')));
  return {
    database,
    sources: serviceNames.filter(
      (name) => sources.includes(name) || references.sources.includes(name) || publishers.includes(name),
    ),
    handlersOf: (type) => [...(byType.get(type) ?? []), ...any],
  };
}
