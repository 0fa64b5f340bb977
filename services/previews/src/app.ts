import type { DataSource } from '@hivesync/database';
import { type App, createApp, type ServiceAppOptions } from '@hivesync/http';
import { aiDocJobRoutes } from './ai-docs/ai-doc-job.routes.ts';
import type { Config } from './config.ts';
import { database } from './database/data-source.ts';
import { refreshMembers } from './members/refresh-members.ts';
import { previewJobRoutes } from './preview-jobs/preview-job.routes.ts';
import { subscriptions } from './subscriptions.ts';

export { type Config, configSchema, loadConfig } from './config.ts';
export { database, subscriptions };

export interface Dependencies extends Pick<ServiceAppOptions, 'keys' | 'logger'> {
  config: Config;
  dataSource: DataSource;
}

/** The previews service as an app that does not listen yet. Its data source need not be connected. */
export async function buildApp({ config, dataSource, keys, logger }: Dependencies): Promise<App> {
  const app = await createApp({
    service: 'previews',
    config,
    dataSource,
    database,
    subscriptions,
    openapi: {
      title: 'HiveSync previews',
      description: 'Preview and AI documentation jobs, their artifacts and history.',
      tags: {
        'ai-docs': 'Documentation of files that a machine writes',
        previews: 'Pictures of a project on a device that a machine makes',
      },
    },
    keys,
    logger,
  });
  app.onSetBack(async (source, signal) => {
    if (source === 'projects') await refreshMembers(app, signal);
  });
  await app.register(previewJobRoutes);
  await app.register(aiDocJobRoutes);
  return app;
}
