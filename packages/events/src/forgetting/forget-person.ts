import { query, type SweepBatch, type Transaction } from '@hivesync/database';
import { forgetInAnswers } from './named-in-answers.ts';

/**
 * What a person's deletion does in every service beside what columns declare: the tables of the platform forget whence
 * they called, the answers that are kept for them, and their name in those that are kept for others. No reader has to
 * have passed: addresses are of use to the audit log alone, which would forget them too.
 */
export const forgetPerson: SweepBatch = async (tx, id, limit): Promise<Record<string, number>> => {
  const [outbox] = await query<{ rows: number }>(tx, 'select forget_outbox_addresses($1, $2) as rows', [
    id,
    limit,
  ]);
  const answers = await query(
    tx,
    `delete from idempotency_keys
      where caller = 'user:' || $1::text
        and key = any(array(
          select key
            from idempotency_keys
           where caller = 'user:' || $1::text
           limit $2
        ))
     returning key`,
    [id, limit],
  );
  const removed = { 'outbox.client_ip': outbox?.rows ?? 0, idempotency_keys: answers.length };
  // The rest reads whole tables, so it waits until that comes to nothing.
  if (removed['outbox.client_ip'] + removed.idempotency_keys > 0) return removed;
  return {
    'idempotency_keys.response': await forgetInAnswers(tx, id, limit),
    'parked_events.client_ip': await forgetParkedAddresses(tx, id, limit),
  };
};

/**
 * Looked at as text, and changed here: an event that is parked may be too broken for the database to read. Page after
 * page until `limit` are changed, as a page may hold only events that name the person and carry another's address.
 */
async function forgetParkedAddresses(tx: Transaction, id: string, limit: number): Promise<number> {
  let forgotten = 0;
  let after: string | undefined = '0';
  while (after !== undefined && forgotten < limit) {
    const parked: ParkedEvent[] = await query<ParkedEvent>(
      tx,
      `select source, event_id, ordinal, event::text as event
         from parked_events
        where strpos(event::text, $1) > 0
          and strpos(event::text, '"clientip"') > 0
          and ordinal > $3
        order by ordinal
        limit $2
          for update`,
      [id, limit, after],
    );
    for (const { source, event_id, event } of parked) {
      const { clientip, ...rest }: Record<string, unknown> = JSON.parse(event);
      if (clientip === undefined || personOf(rest) !== id) continue;
      await query(tx, 'update parked_events set event = $3 where source = $1 and event_id = $2', [
        source,
        event_id,
        JSON.stringify(rest),
      ]);
      forgotten += 1;
    }
    after = parked.length < limit ? undefined : parked.at(-1)?.ordinal;
  }
  return forgotten;
}

interface ParkedEvent {
  source: string;
  event_id: string;
  ordinal: string;
  event: string;
}

/** The event as it may be parked: without the address of somebody who is deleted here. */
export async function withoutAddressOfDeleted(tx: Transaction, event: unknown): Promise<unknown> {
  if (!isRecord(event) || event.clientip === undefined) return event;
  const person = personOf(event);
  if (person === null) return event;
  const [answer] = await query<{ deleted: boolean }>(tx, 'select person_is_deleted($1) as deleted', [person]);
  if (!answer?.deleted) return event;
  const { clientip: _, ...rest } = event;
  return rest;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** As `forgettingUp` has it in SQL: who did it, else whom it is about. Null for what is no person's id. */
function personOf({ actorid, data, subject }: Record<string, unknown>): string | null {
  const person = actorid ?? (isRecord(data) ? data.user_id : undefined) ?? subject;
  return typeof person === 'string' && uuid.test(person) ? person : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
