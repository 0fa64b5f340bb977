import type { DataSource } from '@hivesync/database';
import { pruneOutbox } from '@hivesync/events';
import type { FastifyInstance } from 'fastify';
import { Counter, Gauge } from 'prom-client';

const hour = 3_600;
const dayMs = 86_400_000;

/**
 * Every hour deletes what this service published more than `days` ago and every known reader has applied. 0 keeps
 * everything. The first turn holds nothing up, as it may have years to delete.
 */
export function outboxRetention(app: FastifyInstance, dataSource: DataSource, days: number): void {
  new Gauge({
    name: 'event_outbox_retention_seconds',
    help: 'Age from which events that every reader has applied are deleted; 0: they are kept for ever',
    registers: [app.metrics],
  }).set((days * dayMs) / 1_000);
  if (days === 0) return;
  const pruned = new Counter({
    name: 'event_outbox_pruned_total',
    help: 'Events that this process has deleted from the outbox, being old and applied by every reader',
    registers: [app.metrics],
  });
  const prune = async (signal: AbortSignal) => {
    const olderThan = new Date(Date.now() - days * dayMs);
    const { deleted, slowest } = await pruneOutbox(dataSource, { olderThan, signal });
    if (deleted === 0) return;
    pruned.inc(deleted);
    app.log.info({ deleted, slowest }, 'outbox pruned');
  };
  app.lifecycle.every('outbox retention', hour, prune, { holdsStart: false });
}
