import { identityStandIn, startService, type TestUser } from '@hivesync/testing';
import { buildApp, type Dependencies, database, loadConfig } from '../src/app.ts';

/**
 * The service on a database of its own. No provider can be reached unless it is told of one, and of other services
 * identity alone, which knows the given administrators.
 */
export async function startBilling(
  environment: Record<string, string> = {},
  {
    administrators = [],
    ...parts
  }: Partial<Pick<Dependencies, 'logger'>> & { administrators?: TestUser[] } = {},
) {
  return startService({
    database,
    loadConfig,
    buildApp: (own) => buildApp({ ...own, ...parts }),
    environment,
    ...(administrators.length > 0 && { serviceUrls: { identity: await identityStandIn(administrators) } }),
  });
}
