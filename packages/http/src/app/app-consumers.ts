import { referenceTables } from '@hivesync/database';
import { Consumers, defineSubscriptions, type Logger, type Subscriptions } from '@hivesync/events';
import { eventSources } from '../event-sources.ts';
import type { ServiceAppOptions } from './create-app.ts';

/**
 * What follows other services' events in an app, and tells its log. None where nothing is subscribed to. They are
 * made here and nowhere else, so that no service can run them without its log.
 */
export function appConsumers(options: ServiceAppOptions, logger: Logger): Consumers | undefined {
  const { service, dataSource } = options;
  const { SERVICE_URLS, SERVICE_PRIVATE_KEY } = options.config;
  const subscriptions = options.subscriptions ?? referenceSubscriptions(options);
  if (service === 'gateway' || !dataSource || !SERVICE_PRIVATE_KEY || !subscriptions) return undefined;
  const sources = options.eventSources ?? eventSources(service, { SERVICE_URLS, SERVICE_PRIVATE_KEY });
  return new Consumers({ dataSource, subscriptions, sources, logger });
}

/** For a service that says nothing about events itself, what its references ask for: a declaration is enough. */
function referenceSubscriptions({ database }: ServiceAppOptions): Subscriptions | undefined {
  return database && referenceTables(database).length > 0 ? defineSubscriptions({ database }) : undefined;
}
