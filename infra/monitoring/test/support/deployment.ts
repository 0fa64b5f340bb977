import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServiceName, serviceNames } from '@hivesync/contracts';
import { environmentOf, freePortRow, loadSecrets, urlsOf } from '@hivesync/local';
import { atFileEnd, type TestDatabase } from '@hivesync/testing';
import { AppProcess } from './app-process.ts';

export type AppName = ServiceName | 'gateway';
export const appNames: readonly AppName[] = [...serviceNames, 'gateway'];

export interface StartOptions {
  /** Variables beside, or in place of, those of a deployment. */
  environment?: Record<string, string>;
  /** A way to the database that can fail, e.g. `severableProxy().through`. */
  through?: (url: string) => string;
  preload?: readonly string[];
}

/** A platform on one machine, of which each part is started when a test wants it: one process each. */
export interface Deployment {
  database: TestDatabase;
  urls: Record<AppName, string>;
  /** What must not stand in any log. */
  secrets: string[];
  /** Every process that was started, and the latest of each app. */
  started: AppProcess[];
  /** What a command that an operator runs is told of the platform. */
  commands: Record<string, string>;
  running: Partial<Record<AppName, AppProcess>>;
  objectsFolder: string;
  start(name: AppName, options?: StartOptions): AppProcess;
}

export async function deployment(database: TestDatabase): Promise<Deployment> {
  const folder = mkdtempSync(join(tmpdir(), 'hivesync-monitored-'));
  atFileEnd(() => rmSync(folder, { recursive: true, force: true }));
  const firstPort = await freePortRow(appNames.length);
  const portOf = (name: AppName) => firstPort + appNames.indexOf(name);
  const host = '127.0.0.1';
  const urls = { ...urlsOf(() => host, portOf), gateway: `http://${host}:${portOf('gateway')}` };
  const secrets = { ...loadSecrets(join(folder, 'secrets.json')), role_secret: database.roleSecret };
  const { gateway, ...serviceUrls } = urls;
  const started: AppProcess[] = [];
  const running: Deployment['running'] = {};
  const objectsFolder = join(folder, 'objects');
  return {
    database,
    urls,
    secrets: [
      ...Object.values(secrets.service_keys),
      secrets.role_secret,
      secrets.key_encryption_key,
      secrets.cursor_secret,
      secrets.objects_signing_secret,
    ],
    started,
    commands: {
      SERVICE_URLS: JSON.stringify(serviceUrls),
      SERVICE_PRIVATE_KEY: secrets.service_keys.audit,
    },
    running,
    objectsFolder,
    start(name, { environment = {}, through = (url: string) => url, preload } = {}) {
      const own = environmentOf(
        name,
        { host, port: portOf(name) },
        {
          secrets,
          databaseUrl: database.adminUrl,
          serviceUrls,
          objectsFolder,
          publicUrl: `http://${host}:${portOf('gateway')}`,
          logLevel: 'info',
          drainSeconds: 0,
        },
      );
      const app = new AppProcess(
        name,
        {
          ...own,
          ...(own.DATABASE_URL !== undefined && { DATABASE_URL: through(own.DATABASE_URL) }),
          ...environment,
        },
        preload,
      );
      started.push(app);
      running[name] = app;
      return app;
    },
  };
}
