import { type DataSource, sweepBacklog } from '@hivesync/database';
import { type Consumers, outboxState, readerLags } from '@hivesync/events';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Readings } from './readings.ts';

/** What a service's own outbox holds, and who has still to read it. */
export function feedMetrics(readings: Readings, dataSource: DataSource): void {
  readings.add('outbox', () => outboxState(dataSource), {
    event_feed_held_seconds: {
      help: 'Age of the oldest event of this service that an older transaction on the server holds back; 0: none',
      tell: ({ held }) => held.seconds,
    },
    event_outbox_events: {
      help: 'Events that the outbox keeps, about',
      tell: ({ rows }) => rows,
    },
    event_outbox_size_bytes: {
      help: 'What the outbox and its indexes take on disk',
      tell: ({ bytes }) => bytes,
    },
    event_outbox_oldest_age_seconds: {
      help: 'Age of the oldest event that the outbox keeps; 0: none',
      tell: ({ oldestSeconds }) => oldestSeconds,
    },
  });
  readings.add('feed_readers', () => readerLags(dataSource), {
    event_feed_reader_lag: {
      help: 'Events of this service that a reader has not acknowledged, about',
      labels: ['consumer'],
      tell: (readers) => readers.map(({ consumer, events }) => ({ labels: { consumer }, value: events })),
    },
    event_feed_reader_seen_age_seconds: {
      help: 'Since a reader last asked this service for events',
      labels: ['consumer'],
      tell: (readers) =>
        readers.map(({ consumer, seenSecondsAgo }) => ({ labels: { consumer }, value: seenSecondsAgo })),
    },
  });
}

/** Deletions that this service was told of. */
export function sweepMetrics(readings: Readings, dataSource: DataSource): void {
  readings.add('reference_sweeps', () => sweepBacklog(dataSource), {
    reference_sweeps_open: {
      help: 'Deletions that are not carried out here to their end',
      tell: ({ open }) => open,
    },
    reference_sweeps_failing: {
      help: 'Those of them whose last attempt failed',
      tell: ({ failing }) => failing,
    },
    reference_sweeps_oldest_age_seconds: {
      help: 'Since this service heard of the oldest of them; 0: none',
      tell: ({ oldestSeconds }) => oldestSeconds,
    },
  });
}

/** How a service gets on with the events of others. */
export function consumerMetrics(registry: Registry, readings: Readings, consumers: Consumers): void {
  const bySource = { labelNames: ['source'], registers: [registry] };
  new Gauge({
    name: 'event_source_up',
    help: '1 where the last attempt to read and apply the events of a source succeeded',
    ...bySource,
    collect() {
      for (const { source, behind } of consumers.behind()) this.set({ source }, Number(behind !== null));
    },
  });
  new Gauge({
    name: 'event_consumer_behind',
    help: 'Events of a source that are not applied yet, about; those that the source holds back included',
    ...bySource,
    collect() {
      this.reset();
      for (const { source, behind } of consumers.behind()) if (behind !== null) this.set({ source }, behind);
    },
  });
  readings.add('parked_events', () => consumers.parked(), {
    event_consumer_parked: {
      help: 'Events of a source that are parked until somebody retries them or gives them up',
      labels: ['source'],
      tell: (sources) => sources.map(({ source, events }) => ({ labels: { source }, value: events })),
    },
  });
  new Counter({
    name: 'event_consumer_events_total',
    help: 'What became of the events that this process read',
    labelNames: ['source', 'outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { source, applied, unknown, parked } of consumers.counters()) {
        for (const [outcome, events] of Object.entries({ applied, unknown, parked }))
          this.inc({ source, outcome }, events);
      }
    },
  });
  const counted = {
    event_consumer_batches_total: ['Batches of events that were applied', 'batches'],
    event_consumer_handler_failures_total: ['Attempts to apply an event that failed', 'handlerFailures'],
    event_consumer_interruptions_total: [
      'Times that a source could not be read, or its events not be applied, for want of network or database',
      'outages',
    ],
  } as const;
  for (const [name, [help, what]] of Object.entries(counted)) {
    new Counter({
      name,
      help,
      ...bySource,
      collect() {
        this.reset();
        for (const { source, ...counters } of consumers.counters()) this.inc({ source }, counters[what]);
      },
    });
  }
  new Counter({
    name: 'event_consumer_rewinds_total',
    help: 'How often this process went back in a source whose server had lost events that were read here',
    ...bySource,
    collect() {
      this.reset();
      for (const { source, rewinds } of consumers.rewinds()) this.inc({ source }, rewinds);
    },
  });
}
