import type { Tier } from '@hivesync/contracts';
import { type App, createApp, type ServiceAppOptions } from '@hivesync/http';
import { compression } from './compression.ts';
import type { Config } from './config.ts';
import { crossOrigin } from './cors.ts';
import { docsPage } from './docs-page.ts';
import { type Documents, readDocuments } from './documents.ts';
import { forwarding } from './forwarding.ts';
import { forwardingLimits } from './forwarding-limits.ts';
import { landing } from './landing.ts';
import { mergeDocuments } from './merged-openapi.ts';
import { publicRoutes } from './public-routes.ts';
import { rateLimits } from './rate-limits.ts';
import { servicesReadiness } from './readiness.ts';
import { securityHeaders } from './security-headers.ts';
import { trafficMetrics } from './traffic-metrics.ts';

export { type Config, configSchema, loadConfig } from './config.ts';
export { readDocuments } from './documents.ts';
export { mergeDocuments } from './merged-openapi.ts';

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
  const merged = mergeDocuments(documents, config.PUBLIC_URL);
  const { title, description = '' } = merged.info;
  const app = await createApp({
    service: 'gateway',
    config,
    keys,
    logger,
    openapi: { title, description, document: () => merged },
    trustProxy: config.TRUSTED_PROXIES ? listed(config.TRUSTED_PROXIES) : false,
    metricsForInsiders: true,
    streamsBodies: true,
    readiness: servicesReadiness(config.SERVICE_URLS),
  });
  // In this order: what is refused for being too much can be read across origins, and a preflight counts for nobody.
  await securityHeaders(app, config.PUBLIC_URL);
  await crossOrigin(app, listed(config.CORS_ORIGINS));
  await rateLimits(app, {
    ...(perMinute && { perMinute }),
    strangersPerMinute: config.STRANGER_REQUESTS_PER_MINUTE,
    caller: (request) => app.identifyUser(request),
  });
  compression(app);
  landing(app);
  await docsPage(app, merged);
  await app.register(async (door) => {
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

const listed = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
