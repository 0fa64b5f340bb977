import type { DataSource } from '@hivesync/database';
import { type App, createApp, type ServiceAppOptions } from '@hivesync/http';
import { ensureAuditPartitions } from './audit-logs/audit-log.repository.ts';
import { auditLogRoutes } from './audit-logs/audit-log.routes.ts';
import type { Config } from './config.ts';
import { database } from './database/data-source.ts';
import { integrityRoutes } from './integrity/integrity.routes.ts';
import { auditWhenDue, measureAudits } from './integrity/integrity-schedule.ts';
import { subscriptions } from './subscriptions.ts';

export { type Config, configSchema, loadConfig } from './config.ts';
export { database, subscriptions };

export interface Dependencies extends Pick<ServiceAppOptions, 'keys' | 'logger'> {
  config: Config;
  dataSource: DataSource;
}

/** The audit service as an app that does not listen yet. Its data source need not be connected. */
export async function buildApp({ config, dataSource, keys, logger }: Dependencies): Promise<App> {
  const app = await createApp({
    service: 'audit',
    config,
    dataSource,
    database,
    subscriptions,
    openapi: {
      title: 'HiveSync audit',
      description: 'The append-only log of everything.',
    },
    keys,
    logger,
  });
  app.lifecycle.every('partitions of the log', 3_600, () => ensureAuditPartitions(dataSource, new Date()));
  const hours = config.INTEGRITY_AUDIT_HOURS;
  if (hours > 0) {
    measureAudits(app, hours);
    const audit = (signal: AbortSignal) => auditWhenDue(app, { hours, signal });
    app.lifecycle.every('audit of references', 60, audit, { holdsStart: false });
  }
  await app.register(auditLogRoutes);
  await app.register(integrityRoutes, { dataSource });
  return app;
}
