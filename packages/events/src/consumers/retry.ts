import { type DataSource, query, transaction } from '@hivesync/database';
import type { Subscriptions } from '../subscriptions.ts';
import { lockCursor } from './cursor.ts';
import { judge } from './judge.ts';
import {
  filterParameters,
  matches,
  type ParkedEvent,
  type ParkedFilter,
  type ParkReason,
  storable,
  unpark,
} from './parking.ts';
import { isTransient } from './transient.ts';

/**
 * Applies parked events again, each in its own transaction that also unparks it. The events of a
 * subject are taken in order and up to the first that fails, which stays parked with its new error.
 * The filter picks subjects: one that has a matching event is retried from its first.
 * Rejects only when the database fails; what was applied until then stays applied.
 */
export async function retryParked(
  dataSource: DataSource,
  subscriptions: Subscriptions,
  filter: ParkedFilter = {},
): Promise<{ applied: number; failed: number }> {
  const groups = await query<{ source: string; subject: string }>(
    dataSource,
    `select source, subject
     from parked_events
     where ${matches}
     group by source, subject
     order by min(ordinal)`,
    filterParameters(filter),
  );
  return retrySubjects(dataSource, subscriptions, groups);
}

/**
 * Has this release look again at what an earlier one could not read: events of unknown types, and those that did not fit
 * their type, as they may hold a value that was new then. Those that it can read now are applied, with what waits behind
 * them; whoever has no handler for them lets them go. Cheap where nothing of that kind is parked.
 */
export async function retryReadable(
  dataSource: DataSource,
  subscriptions: Subscriptions,
  source: string,
): Promise<{ applied: number; failed: number }> {
  const firsts = await query<{ source: string; subject: string; event: unknown }>(
    dataSource,
    `select source, subject, event
     from (
       select distinct on (subject) source, subject, ordinal, reason, event
       from parked_events
       where source = $1
         and exists (select from parked_events where source = $1 and reason in ('unknown', 'invalid'))
       order by subject, ordinal
     ) as first
     where reason in ('unknown', 'invalid')
     order by ordinal
     limit 10000`,
    [source],
  );
  const readable = firsts.filter(({ event }) => {
    const { verdict } = judge(source, subscriptions, event);
    return verdict === 'handle' || verdict === 'pass over';
  });
  return retrySubjects(dataSource, subscriptions, readable);
}

async function retrySubjects(
  dataSource: DataSource,
  subscriptions: Subscriptions,
  subjects: readonly { source: string; subject: string }[],
): Promise<{ applied: number; failed: number }> {
  const report = { applied: 0, failed: 0 };
  for (const { source, subject } of subjects) {
    for (let next = await retryFirst(dataSource, subscriptions, source, subject); next !== 'none'; ) {
      report[next] += 1;
      next = next === 'failed' ? 'none' : await retryFirst(dataSource, subscriptions, source, subject);
    }
  }
  return report;
}

/** Why an event stays parked that was tried again. */
class StillParkedError extends Error {
  readonly reason: ParkReason;

  constructor(reason: ParkReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Later events are only ever parked behind the first, so it stays the first until it is gone. */
async function retryFirst(
  dataSource: DataSource,
  subscriptions: Subscriptions,
  source: string,
  subject: string,
): Promise<'applied' | 'failed' | 'none'> {
  const [first] = await query<Pick<ParkedEvent, 'event_id' | 'event'>>(
    dataSource,
    `select event_id, event
     from parked_events
     where source = $1
       and subject = $2
     order by ordinal
     limit 1`,
    [source, subject],
  );
  if (!first) return 'none';
  try {
    await transaction(dataSource, async (tx) => {
      await lockCursor(tx, source);
      // Gone if another command was faster: then it has been applied.
      if (!(await unpark(tx, source, first.event_id))) return;
      const judged = judge(source, subscriptions, first.event);
      if (judged.verdict === 'pass over') return;
      if (judged.verdict !== 'handle') throw new StillParkedError(judged.verdict, judged.error);
      for (const handle of judged.handlers) await handle(tx, judged.event);
    });
    return 'applied';
  } catch (error) {
    if (isTransient(error)) throw error;
    await query(
      dataSource,
      `update parked_events
       set attempts = attempts + 1,
           reason = $4,
           error = $3
       where source = $1
         and event_id = $2`,
      [
        source,
        first.event_id,
        storable(error instanceof StillParkedError ? error.message : String(error)),
        error instanceof StillParkedError ? error.reason : 'failed',
      ],
    );
    return 'failed';
  }
}
