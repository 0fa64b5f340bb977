import { type ServiceName, serviceNames } from '@hivesync/contracts';
import { type EventSource, httpEventSource } from '@hivesync/events';
import { serviceTokens } from './auth/service-tokens.ts';
import type { BaseConfig } from './config/base-config.ts';

/** The feeds of all services that `SERVICE_URLS` names, read as `service`; give them to its `Consumers`. */
export function eventSources(
  service: ServiceName,
  config: Pick<BaseConfig, 'SERVICE_URLS' | 'SERVICE_PRIVATE_KEY'>,
): EventSource[] {
  const tokens = serviceTokens(service, config);
  return serviceNames.flatMap((name) => {
    const url = config.SERVICE_URLS[name];
    return url === undefined ? [] : [httpEventSource(name, url, () => tokens(name))];
  });
}
