import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ServiceName, serviceNames } from '@hivesync/contracts';
import { environmentOf, freePortRow, loadSecrets, prepareDatabases, urlsOf } from '@hivesync/local';
import { firstPatience, type Patience, patienceAfter } from './patience.ts';
import { Postgres } from './postgres.ts';
import { describeUnready, type Unready, waitUntilReady } from './readiness.ts';
import { ServiceProcess } from './service-process.ts';
import { SmallDisk } from './small-disk.ts';

const host = '127.0.0.1';
const repository = resolve(import.meta.dirname, '../../..');

/** Every service in a process of its own, on a PostgreSQL of its own. No gateway: it keeps nothing to lose. */
export interface Platform {
  postgres: Postgres;
  services: Record<ServiceName, ServiceProcess>;
  serviceKeys: Record<ServiceName, string>;
  roleSecret: string;
  /** Where the files of attachments are, and the disk that is mounted there; null where mounting is not permitted. */
  objectsFolder: string;
  disk: SmallDisk | null;
  objectsSigningSecret: string;
  /** Where mails become files. */
  mailFolder: string;
  /** How long to wait for something on this machine. */
  patience: Patience;
  /** Those that are not ready, after so much patience. */
  unready(patience: Patience): Promise<Unready[]>;
  stop(): Promise<void>;
}

/** Where each service listens. */
export const serviceUrlsOf = ({ services }: Platform): Record<ServiceName, string> =>
  Object.fromEntries(serviceNames.map((service) => [service, services[service].url])) as Record<
    ServiceName,
    string
  >;

/**
 * Starts all and waits until they are ready.
 * @param settings of single services, beside or in place of those that the suite gives them
 * @throws Error which says what those answer that do not become ready
 */
export async function startPlatform(
  folder: string,
  settings: Partial<Record<ServiceName, Record<string, string>>> = {},
): Promise<Platform> {
  const firstPort = await freePortRow(serviceNames.length + 1);
  const objectsFolder = join(folder, 'objects');
  const mailFolder = join(folder, 'mail');
  await using begun = new AsyncDisposableStack();
  const disk = await SmallDisk.mount(objectsFolder);
  begun.defer(() => disk?.unmount());
  const postgres = await Postgres.start(join(folder, 'postgres'), firstPort + serviceNames.length);
  begun.defer(() => postgres.stop());
  const secrets = loadSecrets(join(folder, 'secrets.json'));
  const databaseUrl = await prepareDatabases(postgres.url, secrets.role_secret);
  mkdirSync(join(folder, 'logs'), { recursive: true });
  const portOf = (service: ServiceName): number => firstPort + serviceNames.indexOf(service);
  const serviceUrls = urlsOf(() => host, portOf);
  const processOf = (service: ServiceName) =>
    new ServiceProcess({
      service,
      main: join(repository, 'services', service, 'dist/main.js'),
      url: serviceUrls[service],
      logFile: join(folder, 'logs', `${service}.log`),
      environment: {
        ...environmentOf(
          service,
          { host, port: portOf(service) },
          {
            secrets,
            databaseUrl,
            serviceUrls,
            objectsFolder,
            mailFolder,
            publicUrl: serviceUrls.projects,
            logLevel: 'warn',
            drainSeconds: 0,
          },
        ),
        ...settings[service],
      },
    });
  const services = Object.fromEntries(
    serviceNames.map((service) => [service, processOf(service)]),
  ) as Platform['services'];
  const all = Object.values(services);
  const unready = (patience: Patience) => waitUntilReady(all, patience);
  begun.defer(async () => void (await Promise.all(all.map((service) => service.stop()))));
  const begunAt = Date.now();
  for (const service of all) service.start();
  const missing = await unready(firstPatience);
  if (missing.length > 0) {
    const logs = join(folder, 'logs');
    throw new Error([`The services do not start: see ${logs}`, ...missing.map(describeUnready)].join('\n'));
  }
  const running = begun.move();
  return {
    postgres,
    services,
    serviceKeys: secrets.service_keys,
    roleSecret: secrets.role_secret,
    objectsFolder,
    disk,
    objectsSigningSecret: secrets.objects_signing_secret,
    mailFolder,
    patience: patienceAfter(Date.now() - begunAt),
    unready,
    stop: () => running.disposeAsync(),
  };
}
