import { ApiError } from '@hivesync/contracts';
import {
  assertSchemaCurrent,
  type DataSource,
  query,
  type ServiceDatabase,
  UnfitDatabaseError,
} from '@hivesync/database';
import { type Consumers, heldEvents } from '@hivesync/events';
import type { FastifyInstance } from 'fastify';
import { within } from './deadline.ts';

/** One part of readiness; `failing` fails the whole. */
export type Check = { status: 'ok' | 'failing'; [detail: string]: unknown };

export interface HealthOptions {
  dataSource: DataSource | undefined;
  database: ServiceDatabase | undefined;
  consumers: Consumers | undefined;
  more?: (() => Promise<Record<string, Check>>) | undefined;
}

const databaseDeadlineMs = 1_000;
/** A schema that was current stays so for us: migrations that run later are ahead, not behind. */
const schemaKnownForMs = 10_000;

/**
 * `GET /health/live`: the process answers. `GET /health/ready`: it can do its work (200), or which check fails (503).
 * How far consumers are behind, and what this service's own feed holds back, is told but fails nothing: the requests
 * of this service are not late by it.
 */
export function health(app: FastifyInstance, options: HealthOptions): void {
  const schema = { hide: true };
  app.get('/health/live', { schema }, async () => ({ status: 'ok' }));
  app.get('/health/ready', { schema }, async (_request, reply) => {
    const checks: Record<string, Check> = {};
    if (app.lifecycle.draining) checks.shutdown = { status: 'failing', reason: 'shutting down' };
    if (options.dataSource) {
      checks.database = await database(options.dataSource);
      if (checks.database.status === 'ok') {
        checks.schema = await schemaVersion(options);
        checks.feed = await feed(options.dataSource);
        if (options.consumers) checks.events = await lag(options.consumers);
      }
    }
    Object.assign(checks, await options.more?.());
    const ready = Object.values(checks).every(({ status }) => status === 'ok');
    reply.code(ready ? 200 : 503).header('cache-control', 'no-store');
    return { status: ready ? 'ok' : 'failing', checks };
  });

  let current: { until: number } | undefined;
  async function schemaVersion({ dataSource, database: own }: HealthOptions): Promise<Check> {
    const { unfit } = app.lifecycle;
    if (unfit) return { status: 'failing', reason: unfit.message };
    if (!dataSource || !own || (current && current.until > Date.now())) return { status: 'ok' };
    try {
      await within(databaseDeadlineMs, assertSchemaCurrent(dataSource, own));
      current = { until: Date.now() + schemaKnownForMs };
      return { status: 'ok' };
    } catch (error) {
      const reason = error instanceof UnfitDatabaseError ? error.message : 'not known';
      return { status: 'failing', reason };
    }
  }
}

async function database(dataSource: DataSource): Promise<Check> {
  if (!dataSource.isInitialized) return { status: 'failing', reason: 'not connected' };
  const begun = performance.now();
  try {
    await within(databaseDeadlineMs, query(dataSource, 'select 1'));
    return { status: 'ok', ms: Math.round((performance.now() - begun) * 10) / 10 };
  } catch (error) {
    return {
      status: 'failing',
      reason: error instanceof ApiError ? 'no answer within 1 s' : 'not reachable',
    };
  }
}

async function feed(dataSource: DataSource): Promise<Check> {
  try {
    const { events, seconds } = await within(databaseDeadlineMs, heldEvents(dataSource));
    return { status: 'ok', held: events, held_seconds: seconds };
  } catch {
    // Without tables the schema's own check says what is wrong.
    return { status: 'ok', held: 'not known' };
  }
}

async function lag(consumers: Consumers): Promise<Check> {
  try {
    const sources = await within(databaseDeadlineMs, consumers.lag());
    return {
      status: 'ok',
      sources: sources.map(({ source, behind, held, lastEventAt }) => ({
        source,
        behind,
        held: held?.events ?? null,
        held_seconds: held?.seconds ?? null,
        last_event_at: lastEventAt,
      })),
    };
  } catch {
    // The database's own check says what is wrong.
    return { status: 'ok', sources: 'not known' };
  }
}
