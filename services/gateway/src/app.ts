import swaggerUi from '@fastify/swagger-ui';
import type { Tier } from '@hivesync/contracts';
import { type App, createApp, type ServiceAppOptions } from '@hivesync/http';
import type { Config } from './config.ts';
import { type Documents, readDocuments } from './documents.ts';
import { forwarding } from './forwarding.ts';
import { forwardingLimits } from './forwarding-limits.ts';
import { mergeDocuments } from './merged-openapi.ts';
import { publicRoutes } from './public-routes.ts';
import { rateLimits } from './rate-limits.ts';
import { servicesReadiness } from './readiness.ts';
import { trafficMetrics } from './traffic-metrics.ts';

export { type Config, configSchema, loadConfig } from './config.ts';

export interface Dependencies extends Pick<ServiceAppOptions, 'keys' | 'logger'> {
  config: Config;
  /** Default: those committed beside each service. */
  documents?: Documents;
  /** Requests a minute for each tier. Default: `api_requests_per_minute` of the tier limits. */
  perMinute?: Record<Tier, number>;
}

/**
 * The gateway as an app that does not listen yet. Needs no service to be there.
 * @throws Error where a service's document is missing, or two services claim one path.
 */
export async function buildApp({
  config,
  keys,
  logger,
  perMinute,
  ...dependencies
}: Dependencies): Promise<App> {
  const documents = dependencies.documents ?? readDocuments();
  const merged = mergeDocuments(documents);
  const { title, description = '' } = merged.info;
  const app = await createApp({
    service: 'gateway',
    config,
    keys,
    logger,
    openapi: { title, description, document: () => merged },
    trustProxy: config.TRUSTED_PROXIES?.split(',').map((one) => one.trim()) ?? false,
    metricsForInsiders: true,
    streamsBodies: true,
    readiness: servicesReadiness(config.SERVICE_URLS),
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    theme: { title: 'HiveSync API' },
    uiConfig: { persistAuthorization: true, tryItOutEnabled: true, displayRequestDuration: true },
    transformSpecificationClone: false,
    transformSpecification: () => merged,
  });
  await app.register(async (door) => {
    await rateLimits(door, {
      ...(perMinute && { perMinute }),
      strangersPerMinute: config.STRANGER_REQUESTS_PER_MINUTE,
      caller: (request) => app.identifyUser(request),
    });
    const traffic = await forwarding(door, {
      ...forwardingLimits(config),
      routes: publicRoutes(documents),
      serviceUrls: config.SERVICE_URLS,
      personOf: async (request) => (await app.identifyUser(request))?.id ?? null,
    });
    trafficMetrics(app.metrics, traffic);
  });
  return app;
}
