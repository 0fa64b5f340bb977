import { type ServiceName, serviceNames } from '@hivesync/contracts';
import { appRole, roleUrl } from '@hivesync/database';
import type { LogLevel } from '@hivesync/http';
import type { AppName } from './ports.ts';
import type { Secrets } from './secrets.ts';

export interface Surroundings {
  secrets: Secrets;
  /** The platform's database, under any login: each service gets it under its own. */
  databaseUrl: string;
  /** Where the services reach each other. */
  serviceUrls: Record<ServiceName, string>;
  /** Where uploaded files are kept. */
  objectsFolder: string;
  /** Where mails become files; left out: identity sends them by SMTP, once it is told how. */
  mailFolder?: string;
  /** Where clients reach the gateway. */
  publicUrl: string;
  logLevel: LogLevel;
  /** Default: the services' own. 0 where no balancer needs to notice that an app is going. */
  drainSeconds?: number;
}

/** The environment of one app, as its `config.ts` reads it: no more than that app needs. */
export function environmentOf(
  app: AppName,
  listen: { host: string; port: number },
  surroundings: Surroundings,
): Record<string, string> {
  const { secrets, databaseUrl, serviceUrls, objectsFolder, mailFolder, publicUrl } = surroundings;
  const { logLevel, drainSeconds } = surroundings;
  const common = {
    HOST: listen.host,
    PORT: String(listen.port),
    LOG_LEVEL: logLevel,
    SERVICE_URLS: JSON.stringify(serviceUrls),
    PUBLIC_URL: publicUrl,
    ...(drainSeconds !== undefined && { DRAIN_SECONDS: String(drainSeconds) }),
  };
  if (app === 'gateway') return common;
  return {
    ...common,
    DATABASE_URL: roleUrl(databaseUrl, appRole(app), secrets.role_secret),
    SERVICE_PRIVATE_KEY: secrets.service_keys[app],
    CURSOR_SECRET: secrets.cursor_secret,
    ...(app === 'identity' && {
      IDENTITY_KEY_ENCRYPTION_KEY: secrets.key_encryption_key,
      ...(mailFolder !== undefined && { MAIL_FOLDER: mailFolder }),
    }),
    ...(app === 'projects' && {
      OBJECTS_DIR: objectsFolder,
      OBJECTS_SIGNING_SECRET: secrets.objects_signing_secret,
    }),
  };
}

/** `{ identity: 'http://<host of identity>:<port of identity>', ... }` */
export function urlsOf(
  hostOf: (service: ServiceName) => string,
  portOf: (service: ServiceName) => number,
): Record<ServiceName, string> {
  return Object.fromEntries(
    serviceNames.map((service) => [service, `http://${hostOf(service)}:${portOf(service)}`]),
  ) as Record<ServiceName, string>;
}
