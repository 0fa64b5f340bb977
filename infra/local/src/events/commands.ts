import { type ServiceName, serviceNames } from '@hivesync/contracts';
import {
  backlogAfter,
  consumerStatus,
  discardParked,
  type ParkedEvent,
  type ParkedFilter,
  parkedEvents,
  replay,
  retryParked,
} from '@hivesync/events';
import { type Connections, consumers } from './consumers.ts';

/** A request that makes no sense, in words for who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface SourceStatus {
  consumer: ServiceName;
  source: ServiceName;
  /** Events that are not applied yet, and of these those that a running transaction holds back. */
  behind: number;
  held: number;
  parked: number;
  /** The source has lost what the consumer has read last; it goes back by itself when it next reads. */
  setBack: boolean;
  lastEventAt: Date | null;
}

/** How far each consumer has come with each of its sources; of one service, or of all. */
export async function statusOfEvents(
  connections: Connections,
  service?: ServiceName,
): Promise<SourceStatus[]> {
  const rows: SourceStatus[] = [];
  for (const consumer of chosen(service)) {
    const { sources } = consumers[consumer];
    const known = await consumerStatus(await connections.of(consumer));
    for (const source of sources) {
      const at = known.find((one) => one.source === source);
      const { behind, held, setBack } = await backlogAfter(await connections.of(source), at?.cursor ?? null);
      rows.push({
        consumer,
        source,
        behind: behind + held,
        held,
        parked: at?.parked ?? 0,
        setBack,
        lastEventAt: at?.lastEventAt ?? null,
      });
    }
  }
  return rows;
}

/** The events that each consumer has set aside, the first 1,000 of each. */
export async function listParked(
  connections: Connections,
  service?: ServiceName,
): Promise<(ParkedEvent & { consumer: ServiceName })[]> {
  const lists = chosen(service).map(async (consumer) =>
    (await parkedEvents(await connections.of(consumer))).map((event) => ({ ...event, consumer })),
  );
  return (await Promise.all(lists)).flat();
}

/** Applies parked events again, in order. Those that fail once more stay parked, with what waits behind them. */
export async function retryEvents(
  connections: Connections,
  service: ServiceName | undefined,
  filter: ParkedFilter,
): Promise<{ applied: number; failed: number }> {
  const report = { applied: 0, failed: 0 };
  for (const consumer of chosen(service)) {
    const on = await connections.of(consumer);
    const { applied, failed } = await retryParked(on, consumers[consumer], filter);
    report.applied += applied;
    report.failed += failed;
  }
  return report;
}

/** Gives one parked event up. Answers whether it was there. */
export async function discardEvent(
  connections: Connections,
  service: ServiceName,
  source: ServiceName,
  eventId: string,
): Promise<boolean> {
  return discardParked(await connections.of(service), source, eventId);
}

/**
 * Has a service apply the whole kept history again, of one source or of all. The service goes on running, and
 * begins within the seconds that its present read waits. Answers the sources.
 */
export async function replayEvents(
  connections: Connections,
  service: ServiceName,
  source?: ServiceName,
): Promise<ServiceName[]> {
  const { sources } = consumers[service];
  if (source && !sources.includes(source)) {
    throw new UsageError(`${service} does not read ${source}, but ${sources.join(', ')}`);
  }
  const again = source ? [source] : [...sources];
  for (const one of again) await replay(await connections.of(service), one);
  return again;
}

const chosen = (service: ServiceName | undefined): readonly ServiceName[] =>
  service ? [service] : serviceNames;
