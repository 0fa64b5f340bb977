import { ApiError } from '@hivesync/contracts';
import type { DataSource } from '@hivesync/database';
import type { Consumers } from '@hivesync/events';
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { consumerMetrics, feedMetrics } from './event-metrics.ts';
import { isInsider } from './insider.ts';

export interface MetricsOptions {
  service: string;
  dataSource: DataSource | undefined;
  consumers: Consumers | undefined;
  /** Others than insiders are told that there is no such path. */
  insidersOnly: boolean;
}

/** `GET /metrics` in Prometheus' text format: of requests, the process, the connection pool, feed and consumers. */
export function metrics(app: FastifyInstance, options: MetricsOptions): void {
  const registry = new Registry();
  registry.setDefaultLabels({ service: options.service });
  collectDefaultMetrics({ register: registry });
  app.decorate('metrics', registry);
  requestMetrics(app, registry);
  if (options.dataSource) {
    poolMetrics(registry, options.dataSource);
    feedMetrics(registry, options.dataSource);
  }
  if (options.consumers) consumerMetrics(registry, options.consumers);
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    if (options.insidersOnly && !isInsider(request)) throw new ApiError('ROUTE_NOT_FOUND');
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

function poolMetrics(registry: Registry, dataSource: DataSource): void {
  new Gauge({
    name: 'database_pool_connections',
    help: 'Connections of the pool by state; waiting are requests for one',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { totalCount = 0, idleCount = 0, waitingCount = 0 } = poolOf(dataSource);
      this.set({ state: 'busy' }, totalCount - idleCount);
      this.set({ state: 'idle' }, idleCount);
      this.set({ state: 'waiting' }, waitingCount);
    },
  });
}

interface Pool {
  totalCount?: number;
  idleCount?: number;
  waitingCount?: number;
}

function poolOf(dataSource: DataSource): Pool {
  const { driver } = dataSource;
  return 'master' in driver && typeof driver.master === 'object' && driver.master !== null
    ? driver.master
    : {};
}
