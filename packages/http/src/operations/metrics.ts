import { ApiError } from '@hivesync/contracts';
import { type DataSource, poolState, query, type ServiceDatabase } from '@hivesync/database';
import type { Consumers } from '@hivesync/events';
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { buildInfo } from './build-info.ts';
import { consumerMetrics, feedMetrics, sweepMetrics } from './event-metrics.ts';
import { isInsider } from './insider.ts';
import { Readings } from './readings.ts';
import { workMetrics } from './work-metrics.ts';

export interface MetricsOptions {
  service: string;
  dataSource: DataSource | undefined;
  database: ServiceDatabase | undefined;
  consumers: Consumers | undefined;
  /** Others than insiders are told that there is no such path. */
  insidersOnly: boolean;
}

/** Of `prom-client`: gauges whose names say that they are counters. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/**
 * `GET /metrics` in Prometheus' text format. Names, units and labels are as Prometheus has them: base units, one unit
 * a metric, and labels of few values. Whatever cannot be read is absent, and `metrics_reading_up` says so.
 */
export function metrics(app: FastifyInstance, options: MetricsOptions): void {
  const { service, dataSource, database, consumers, insidersOnly } = options;
  const registry = new Registry();
  const readings = new Readings(registry);
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  for (const name of misnamed) registry.removeSingleMetric(name);
  app.decorate('metrics', registry);
  app.decorate('readings', readings);
  buildInfo(registry, app.config.BUILD_COMMIT ?? '');
  requestMetrics(app, registry);
  workMetrics(registry, app.lifecycle);
  if (dataSource) {
    databaseMetrics(registry, readings, dataSource);
    feedMetrics(readings, dataSource);
    if (database) sweepMetrics(readings, dataSource);
  }
  if (consumers) consumerMetrics(registry, readings, consumers);
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    if (insidersOnly && !isInsider(request)) throw new ApiError('ROUTE_NOT_FOUND');
    reply.type(registry.contentType);
    return registry.metrics();
  });
}

function requestMetrics(app: FastifyInstance, registry: Registry): void {
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    // By pattern: a label for every path that somebody tries would grow without bound.
    const route = request.routeOptions.url ?? 'unmatched';
    duration.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1_000);
  });
}

function databaseMetrics(registry: Registry, readings: Readings, dataSource: DataSource): void {
  const answer = readings.add('database', () => query(dataSource, 'select 1'), {});
  new Gauge({
    name: 'database_up',
    help: '1 where the database answered this scrape within a second',
    registers: [registry],
    async collect() {
      this.set(Number((await answer()) !== undefined));
    },
  });
  new Gauge({
    name: 'database_pool_connections',
    help: 'Connections of the pool, by what they do',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { busy, idle } = poolState(dataSource);
      this.set({ state: 'busy' }, busy);
      this.set({ state: 'idle' }, idle);
    },
  });
  new Gauge({
    name: 'database_pool_pending_requests',
    help: 'What waits for a connection of the pool',
    registers: [registry],
    collect() {
      this.set(poolState(dataSource).waiting);
    },
  });
}
