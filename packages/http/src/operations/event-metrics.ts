import type { DataSource } from '@hivesync/database';
import { type Consumers, heldEvents } from '@hivesync/events';
import { Counter, Gauge, type Registry } from 'prom-client';
import { within } from './deadline.ts';

const databaseDeadlineMs = 1_000;

/** What a service's own feed holds back from everyone who reads it. */
export function feedMetrics(registry: Registry, dataSource: DataSource): void {
  new Gauge({
    name: 'event_feed_held_seconds',
    help: 'Age of the oldest event of this service that an older transaction on the server holds back; 0: none',
    registers: [registry],
    async collect() {
      const forget = () => this.remove();
      await known(heldEvents(dataSource), forget, ({ seconds }) => this.set(seconds));
    },
  });
}

/** How a service gets on with the events of others. */
export function consumerMetrics(registry: Registry, consumers: Consumers): void {
  new Gauge({
    name: 'event_consumer_behind',
    help: 'Events of a source that are not applied yet, about; those that the source holds back included',
    labelNames: ['source'],
    registers: [registry],
    async collect() {
      const forget = () => this.reset();
      await known(consumers.lag(), forget, (sources) => {
        for (const { source, behind } of sources) if (behind !== null) this.set({ source }, behind);
      });
    },
  });
  new Gauge({
    name: 'event_consumer_parked',
    help: 'Events of a source that are parked until somebody retries them or gives them up',
    labelNames: ['source'],
    registers: [registry],
    async collect() {
      const forget = () => this.reset();
      await known(consumers.parked(), forget, (sources) => {
        for (const { source, events } of sources) this.set({ source }, events);
      });
    },
  });
  const counted = new Counter({
    name: 'event_consumer_events_total',
    help: 'What became of the events that this process read',
    labelNames: ['source', 'outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { source, ...counts } of consumers.counters()) {
        for (const [outcome, count] of Object.entries(counts))
          counted.inc({ source, outcome: snake(outcome) }, count);
      }
    },
  });
  const rewinds = new Counter({
    name: 'event_consumer_rewinds_total',
    help: 'How often this process went back in a source whose server had lost events that were read here',
    labelNames: ['source'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { source, rewinds: times } of consumers.rewinds()) rewinds.inc({ source }, times);
    },
  });
}

/** Without the database a value is not known, which an absent sample says; the rest is still served. */
async function known<T>(read: Promise<T>, forget: () => void, tell: (value: T) => void): Promise<void> {
  forget();
  await within(databaseDeadlineMs, read).then(tell, forget);
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
