import type { DataSource } from '@hivesync/database';
import { type App, createApp, type ServiceAppOptions } from '@hivesync/http';
import { cancelInBackground, cancellationsCheck } from './cancellations/cancelling.ts';
import type { Config } from './config.ts';
import { database } from './database/data-source.ts';
import { lemonSqueezyClient } from './provider/lemon-squeezy.ts';
import { subscriptionRoutes } from './subscriptions/subscription.routes.ts';
import { subscriptions } from './subscriptions.ts';
import { tierLimitRoutes } from './tier-limits/tier-limit.routes.ts';

export { type Config, configSchema, loadConfig } from './config.ts';
export { database, subscriptions };

export interface Dependencies extends Pick<ServiceAppOptions, 'keys' | 'logger'> {
  config: Config;
  dataSource: DataSource;
}

/** Undefined where no key is configured: a platform without subscriptions. */
function providerOf({ LEMONSQUEEZY_API_URL: url, LEMONSQUEEZY_API_KEY: apiKey }: Config) {
  return apiKey === undefined ? undefined : lemonSqueezyClient({ url, apiKey });
}

/** The billing service as an app that does not listen yet. Its data source need not be connected. */
export async function buildApp({ config, dataSource, keys, logger }: Dependencies): Promise<App> {
  const provider = providerOf(config);
  const app = await createApp({
    service: 'billing',
    config,
    dataSource,
    database,
    subscriptions,
    openapi: {
      title: 'HiveSync billing',
      description: 'What each tier may use, and who is subscribed.',
      tags: { billing: 'What each tier may use, and what one is subscribed to' },
    },
    keys,
    logger,
    readiness: () => cancellationsCheck(dataSource, provider !== undefined),
  });
  cancelInBackground(app, provider);
  await app.register(tierLimitRoutes);
  await app.register(subscriptionRoutes);
  return app;
}
