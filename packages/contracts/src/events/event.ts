import type { Static, TSchema } from 'typebox';
import type { EventId, UserId } from '../ids.ts';

/** What a type of event carries, and whether it ends its aggregate's life. */
export interface EventDefinition<Data extends TSchema = TSchema> {
  /** `<service>.<noun>.<past tense>` */
  readonly type: string;
  /** `<service>.<noun>`: the kind of thing whose id is the event's `subject`. */
  readonly aggregate: string;
  readonly data: Data;
  /** True where the subject ceases to exist: references to it are carried through their policies. */
  readonly deletes: boolean;
}

export function defineEvent<const Data extends TSchema>(
  type: `${string}.${string}.${string}`,
  data: Data,
  options: { deletes?: boolean } = {},
): EventDefinition<Data> {
  return { type, aggregate: type.slice(0, type.lastIndexOf('.')), data, deletes: options.deletes ?? false };
}

/**
 * CloudEvents 1.0 in JSON (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md), with
 * extension attributes for order, cause and origin. `data` never holds a secret or a body of text.
 */
export interface CloudEvent<Data = unknown> {
  specversion: '1.0';
  id: EventId;
  /** `hivesync/<service>` */
  source: string;
  type: string;
  /** Id of the aggregate. */
  subject: string;
  /** RFC 3339, UTC: when it was written. */
  time: string;
  datacontenttype: 'application/json';
  data: Data;
  /** Version of the aggregate after the change; 0 where the subject has no version. */
  aggregateversion: number;
  /** Who caused it; absent for the platform itself and for strangers. */
  actorid?: UserId;
  /** Address of the client that caused it, as the gateway saw it. */
  clientip?: string;
  requestid?: string;
}

export type EventData<Definition> = Definition extends EventDefinition<infer Data> ? Static<Data> : never;
