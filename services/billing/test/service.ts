import { startService } from '@hivesync/testing';
import { buildApp, type Dependencies, database, loadConfig } from '../src/app.ts';

/** The service on a database of its own. No other service can be reached, nor a provider unless it is told of one. */
export function startBilling(
  environment: Record<string, string> = {},
  parts: Partial<Pick<Dependencies, 'logger'>> = {},
) {
  return startService({
    database,
    loadConfig,
    buildApp: (own) => buildApp({ ...own, ...parts }),
    environment,
  });
}
