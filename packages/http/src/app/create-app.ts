import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { callingServices } from '@hivesync/clients';
import { ApiError, type ServiceName } from '@hivesync/contracts';
import { type DataSource, newId, type ServiceDatabase } from '@hivesync/database';
import type { Consumers, EventSource, Subscriptions } from '@hivesync/events';
import Fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import { authentication } from '../auth/authentication.ts';
import { type KeyResolver, remoteKeys } from '../auth/key-resolver.ts';
import { serviceKeySet, serviceTokenIssuer } from '../auth/service-tokens.ts';
import { conditionalRequests } from '../conditional/conditional-requests.ts';
import type { AppConfig } from '../config/base-config.ts';
import { derivedSecret } from '../config/derived-secret.ts';
import { parsePrivateKey } from '../config/private-key.ts';
import { handleClientError, handleError, handleFrameworkError } from '../errors/error-handler.ts';
import { notFound } from '../errors/not-found.ts';
import { idempotency } from '../idempotency/idempotency-key.ts';
import { deleteExpiredAnswers } from '../idempotency/stored-answers.ts';
import { integrityRoutes } from '../integrity/integrity-routes.ts';
import { patientOwners } from '../integrity/patient-owners.ts';
import { Lifecycle } from '../lifecycle/lifecycle.ts';
import { type OpenApiOptions, openapi } from '../openapi/openapi.ts';
import { Circuits } from '../operations/circuit-metrics.ts';
import { eventsRoute } from '../operations/events-route.ts';
import { type Check, health } from '../operations/health.ts';
import { createLogger, type Logger, requestLog } from '../operations/logging.ts';
import { metrics } from '../operations/metrics.ts';
import { outboxRetention } from '../operations/outbox-retention.ts';
import { exportRoute } from '../personal-data/export-route.ts';
import { httpReferenceOwners, type ReferenceOwners } from '../references/reference-owners.ts';
import { refreshReferences } from '../references/refresh-references.ts';
import type { App } from './app.ts';
import { appConsumers } from './app-consumers.ts';
import { bodyDeadline, requestMs, streamedRequestMs } from './body-deadline.ts';
import { bodyLimits } from './body-limit.ts';
import { jsonBody } from './json-body.ts';
import { origin } from './origin.ts';
import { requestId } from './request-id.ts';
import { originForm, requestTargets } from './request-target.ts';
import { refuseHazards } from './schema-hazards.ts';
import { stagedClose } from './staged-close.ts';
import { stalledConnections, stallMs } from './stalled-connections.ts';
import { checkHeaders } from './strict-headers.ts';
import { checkText } from './text-rules.ts';
import { leaveStreamsUnread } from './unread-streams.ts';
import { validatorCompiler } from './validator.ts';

export interface ServiceAppOptions {
  service: ServiceName | 'gateway';
  config: AppConfig;
  openapi: OpenApiOptions;
  /** Not connected is fine: `startService` connects it. Absent for the gateway. */
  dataSource?: DataSource | undefined;
  /** Lets readiness and start check login and schema. */
  database?: ServiceDatabase | undefined;
  /**
   * What is done with other services' events, from when the database is there until the app closes. Default: what
   * follows from the references that `database` declares, if any.
   */
  subscriptions?: Subscriptions | undefined;
  /** Where those events come from. Default: the services' feeds by the URLs in `SERVICE_URLS`. */
  eventSources?: readonly EventSource[] | undefined;
  /** Default: `createLogger` on stdout. */
  logger?: Logger | undefined;
  /** Default: keys by the URLs in `SERVICE_URLS`. */
  keys?: KeyResolver | undefined;
  /** Default: over HTTP by the URLs in `SERVICE_URLS`. */
  referenceOwners?: ReferenceOwners | undefined;
  /** Bytes that no route's body may pass, default 1 MiB. Each has a limit of its own: see `bodyLimits`. */
  bodyLimit?: number;
  /** Some routes stream their bodies (`config: { streamsBody: true }`): they get 15 minutes for it instead of one. */
  streamsBodies?: boolean;
  /** Whose `X-Forwarded-*` is believed. Default: that of private networks, where our gateway is. */
  trustProxy?: boolean | string[];
  /** Keeps `/metrics` to direct callers from this machine or a private network: for an app that the public reaches. */
  metricsForInsiders?: boolean;
  /** What readiness tells beside its own checks. */
  readiness?: (() => Promise<Record<string, Check>>) | undefined;
}

const expiredAnswersEverySeconds = 600;

/**
 * The app that every service starts from. It has no routes of the service's own yet, and does no I/O before
 * `startService` or its first request.
 * @throws Error where the configuration's key is none.
 */
export async function createApp(options: ServiceAppOptions): Promise<App> {
  const { service, config, dataSource, database } = options;
  const mostBytes = options.bodyLimit ?? 1_048_576;
  const logger: FastifyBaseLogger = options.logger ?? createLogger({ service, level: config.LOG_LEVEL });
  const app: App = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId: requestId,
    rewriteUrl: originForm,
    trustProxy: options.trustProxy ?? ['loopback', 'linklocal', 'uniquelocal'],
    bodyLimit: mostBytes,
    return503OnClosing: false, // ours is a problem document, see below
    routerOptions: { maxParamLength: 200 },
    requestTimeout: options.streamsBodies ? streamedRequestMs : requestMs,
    frameworkErrors: handleFrameworkError,
    connectionTimeout: stallMs,
    clientErrorHandler: handleClientError,
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.setValidatorCompiler(validatorCompiler);
  app.setErrorHandler(handleError);
  const consumers = appConsumers(options, app.log);
  const circuits = new Circuits(app.log);
  decorate(app, options, { consumers, circuits });
  stagedClose(app);
  stalledConnections(app);
  if (options.streamsBodies) bodyDeadline(app);
  jsonBody(app);
  refuseHazards(app);
  bodyLimits(app, mostBytes);
  notFound(app);
  origin(app);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  requestTargets(app);
  app.addHook('onRequest', async (request) => {
    if (isOperational(request.routeOptions.url)) return;
    const { lifecycle } = app;
    if (lifecycle.closing.aborted) throw new ApiError('SHUTTING_DOWN', { headers: { 'retry-after': '2' } });
    if (dataSource && (!dataSource.isInitialized || lifecycle.unfit)) {
      throw new ApiError('DATABASE_UNAVAILABLE', { headers: { 'retry-after': '2' } });
    }
  });
  app.addHook('onSend', async (_request, reply) => {
    // No cache that people share keeps what was answered to one of them, refusals included, and none answers by itself.
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'private, no-cache');
    // A connection that is kept alive would hold the closing server up until it times out.
    if (app.lifecycle.draining) reply.header('connection', 'close');
  });
  app.addHook('onRequest', checkHeaders);
  app.addHook('preHandler', checkText);
  await openapi(app, options.openapi);
  // The gateway hands on what others answer.
  if (service !== 'gateway') {
    conditionalRequests(app);
    leaveStreamsUnread(app);
  }
  authentication(app, { service, keys: options.keys ?? remoteKeys(config.SERVICE_URLS) });
  idempotency(app);
  requestLog(app);
  const insidersOnly = options.metricsForInsiders ?? false;
  metrics(app, { service, dataSource, database, consumers, insidersOnly });
  circuits.measure(app.metrics);
  health(app, { dataSource, database, consumers, more: options.readiness });
  if (dataSource && service !== 'gateway') {
    eventsRoute(app, { dataSource, listenUrl: config.DATABASE_LISTEN_URL });
    if (database) {
      // Pages of a thousand, with nobody waiting: an owner that is slow for a moment does not end the audit.
      const owners = patientOwners(
        options.referenceOwners ?? httpReferenceOwners(app.callService, 15_000),
        app.lifecycle.closing,
      );
      integrityRoutes(app, { dataSource, database, owners });
      consumers?.onSetBack((owner, signal) =>
        refreshReferences({ dataSource, database, owners, owner, requestId: newId(), signal }),
      );
    }
    if (database) exportRoute(app, { dataSource, database });
    app.lifecycle.every('expired idempotency keys', expiredAnswersEverySeconds, () =>
      deleteExpiredAnswers(dataSource),
    );
    outboxRetention(app, dataSource, config.OUTBOX_RETENTION_DAYS ?? 0);
  }
  return app;
}

function decorate(
  app: App,
  options: ServiceAppOptions,
  { consumers, circuits }: { consumers: Consumers | undefined; circuits: Circuits },
): void {
  const { service, config, dataSource, database } = options;
  const lifecycle = new Lifecycle({ dataSource, database, consumers, logger: app.log });
  const key =
    config.SERVICE_PRIVATE_KEY === undefined ? undefined : parsePrivateKey(config.SERVICE_PRIVATE_KEY);
  const tokens =
    key && service !== 'gateway'
      ? serviceTokenIssuer(service, key)
      : () => Promise.reject(new TypeError(`${service} has no key to sign service tokens with`));
  app.decorate('serviceName', service);
  app.decorate('config', config);
  app.decorate('dataSource', {
    getter() {
      if (!dataSource) throw new TypeError(`${service} has no data source`);
      return dataSource;
    },
  });
  app.decorate('lifecycle', lifecycle);
  app.decorate('onSetBack', (mend) => consumers?.onSetBack(mend));
  app.decorate(
    'callService',
    callingServices({ serviceUrls: config.SERVICE_URLS, tokens, onCircuit: circuits.changed }),
  );
  app.decorate('cursorSecret', derivedSecret(config, 'page cursors'));
  app.decorate('idempotencySecret', derivedSecret(config, 'idempotency keys'));
  app.decorate('referenceOwners', options.referenceOwners ?? httpReferenceOwners(app.callService));
  app.addHook('onListen', async () => {
    // `startService` has done so before; an app that is merely told to listen does its work as well.
    lifecycle.start().catch(() => undefined);
  });
  app.addHook('preClose', () => lifecycle.stop());
  app.addHook('onClose', () => lifecycle.disconnect());
  if (key) {
    app.get('/.well-known/service-jwks.json', { schema: { hide: true } }, async (_request, reply) => {
      reply.header('cache-control', 'public, max-age=60');
      return serviceKeySet(key);
    });
  }
}

/** Answered whatever the state of the database. */
function isOperational(route: string | undefined): boolean {
  return (
    route === undefined ||
    route.startsWith('/health/') ||
    ['/metrics', '/openapi.json', '/.well-known/service-jwks.json'].includes(route)
  );
}
