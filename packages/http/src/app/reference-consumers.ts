import { referenceTables } from '@hivesync/database';
import { Consumers, defineSubscriptions } from '@hivesync/events';
import { eventSources } from '../event-sources.ts';
import type { ServiceAppOptions } from './create-app.ts';

/**
 * What follows the owners of a service's references where the service says nothing about events itself: a
 * declaration is enough. None where nothing is declared.
 */
export function referenceConsumers({
  service,
  config: { SERVICE_URLS, SERVICE_PRIVATE_KEY },
  dataSource,
  database,
  logger,
}: ServiceAppOptions): Consumers | undefined {
  if (service === 'gateway' || !dataSource || !database || !SERVICE_PRIVATE_KEY) return undefined;
  if (referenceTables(database).length === 0) return undefined;
  return new Consumers({
    dataSource,
    subscriptions: defineSubscriptions({ database }),
    sources: eventSources(service, { SERVICE_URLS, SERVICE_PRIVATE_KEY }),
    logger,
  });
}
