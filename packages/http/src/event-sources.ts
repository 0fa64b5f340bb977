import { type ServiceName, serviceNames } from '@hivesync/contracts';
import { type EventSource, FeedError, httpEventSource } from '@hivesync/events';
import { serviceTokens } from './auth/service-tokens.ts';
import type { BaseConfig } from './config/base-config.ts';

/**
 * The feeds of all services, read as `service`; give them to its `Consumers`. One that `SERVICE_URLS` does not name
 * counts as unreachable.
 */
export function eventSources(
  service: ServiceName,
  config: Pick<BaseConfig, 'SERVICE_URLS' | 'SERVICE_PRIVATE_KEY'>,
): EventSource[] {
  const tokens = serviceTokens(service, config);
  return serviceNames.map((name) => {
    const url = config.SERVICE_URLS[name];
    return url === undefined ? nowhere(name) : httpEventSource(name, url, () => tokens(name));
  });
}

const nowhere = (service: ServiceName): EventSource => ({
  service,
  read: async () => {
    throw new FeedError(service, 'unreachable', { cause: `SERVICE_URLS does not name ${service}` });
  },
});
