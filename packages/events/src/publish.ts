import type { EventData, EventDefinition, EventId, UserId } from '@hivesync/contracts';
import { newId, query, type Transaction } from '@hivesync/database';
import { assertPublishable } from './validation.ts';

/** Who caused a change, as far as it is known: `request.origin` in a service. */
export interface Origin {
  actorId?: UserId | undefined;
  clientIp?: string | undefined;
  requestId?: string | undefined;
}

export interface Publication<D extends EventDefinition = EventDefinition> {
  /** Id of the aggregate. */
  subject: string;
  /**
   * Version of the aggregate after the change. The aggregate is locked before it is changed, which is what
   * orders its events; 0 for a subject without version, whose events have no order to keep.
   */
  version: number;
  data: EventData<D>;
  origin?: Origin | undefined;
}

export interface DefinedPublication extends Publication {
  definition: EventDefinition;
}

/**
 * Writes an event in the caller's transaction: it is published if and when that commits.
 * Throws a `TypeError` for data that does not fit the definition, and SQLSTATE 40001 where this transaction
 * began to write before another that has already changed the aggregate: `transaction()` runs it again.
 */
export async function publish<D extends EventDefinition>(
  tx: Transaction,
  definition: D,
  event: Publication<D>,
): Promise<EventId> {
  const [id] = await publishMany(tx, [{ ...event, definition }]);
  return id!;
}

/** As {@link publish}, for many events in one statement; they are read in the order given. */
export async function publishMany(
  tx: Transaction,
  events: readonly DefinedPublication[],
): Promise<EventId[]> {
  if (events.length === 0) return [];
  const rows = events.map(({ definition, subject, version, data, origin }) => {
    assertPublishable(definition, data);
    return {
      id: newId<EventId>(),
      type: definition.type,
      aggregate: definition.aggregate,
      subject,
      aggregate_version: version,
      actor_id: origin?.actorId ?? null,
      client_ip: origin?.clientIp ?? null,
      request_id: origin?.requestId ?? null,
      data,
    };
  });
  await query(
    tx,
    `insert into outbox
       (id, type, aggregate, subject, aggregate_version, actor_id, client_ip, request_id, data)
     select id, type, aggregate, subject, aggregate_version, actor_id, client_ip, request_id, data
     from rows from (
       jsonb_to_recordset($1::jsonb) as (
         id uuid, type text, aggregate text, subject text, aggregate_version integer,
         actor_id uuid, client_ip inet, request_id text, data jsonb
       )
     ) with ordinality as event
     order by ordinality`,
    [JSON.stringify(rows)],
  );
  return rows.map((row) => row.id);
}
