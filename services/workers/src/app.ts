import type { DataSource } from '@hivesync/database';
import { type App, createApp, type ServiceAppOptions } from '@hivesync/http';
import type { Config } from './config.ts';
import { database } from './database/data-source.ts';
import { keepHeartbeatPartitions } from './heartbeats/heartbeat-partitions.ts';
import { workerNodeRoutes } from './nodes/worker-node.routes.ts';
import { workerNodeResolveRoutes } from './nodes/worker-node-resolve.routes.ts';
import { subscriptions } from './subscriptions.ts';

export { type Config, configSchema, loadConfig } from './config.ts';
export { database, subscriptions };

export interface Dependencies extends Pick<ServiceAppOptions, 'keys' | 'logger'> {
  config: Config;
  dataSource: DataSource;
}

/** The workers service as an app that does not listen yet. Its data source need not be connected. */
export async function buildApp({ config, dataSource, keys, logger }: Dependencies): Promise<App> {
  const app = await createApp({
    service: 'workers',
    config,
    dataSource,
    database,
    subscriptions,
    openapi: {
      title: 'HiveSync workers',
      description: 'The machines that do previews and AI docs, and how they are.',
    },
    keys,
    logger,
  });
  app.lifecycle.every('partitions of heartbeats', 3_600, () => keepHeartbeatPartitions(dataSource));
  await app.register(workerNodeRoutes);
  await app.register(workerNodeResolveRoutes);
  return app;
}
