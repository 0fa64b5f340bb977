import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { type ServiceName, serviceNames } from '@hivesync/contracts';
import { environmentOf, loadSecrets, prepareDatabases, urlsOf } from '@hivesync/local';
import { Postgres } from './postgres.ts';
import type { Random } from './random.ts';
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
  /** Whether all become ready in time. */
  ready(timeoutMs: number): Promise<boolean>;
  stop(): Promise<void>;
}

/** Where each service listens. */
export const serviceUrlsOf = ({ services }: Platform): Record<ServiceName, string> =>
  Object.fromEntries(serviceNames.map((service) => [service, services[service].url])) as Record<
    ServiceName,
    string
  >;

/** Starts all and waits until they are ready. @throws Error where one does not within a minute */
export async function startPlatform(folder: string, random: Random): Promise<Platform> {
  const ports = await freePorts(random, serviceNames.length + 1);
  const objectsFolder = join(folder, 'objects');
  await using begun = new AsyncDisposableStack();
  const disk = await SmallDisk.mount(objectsFolder);
  begun.defer(() => disk?.unmount());
  const postgres = await Postgres.start(join(folder, 'postgres'), ports.at(-1)!);
  begun.defer(() => postgres.stop());
  const secrets = loadSecrets(join(folder, 'secrets.json'));
  const databaseUrl = await prepareDatabases(postgres.url, secrets.role_secret);
  mkdirSync(join(folder, 'logs'), { recursive: true });
  const portOf = (service: ServiceName): number => ports[serviceNames.indexOf(service)]!;
  const serviceUrls = urlsOf(() => host, portOf);
  const processOf = (service: ServiceName) =>
    new ServiceProcess({
      service,
      main: join(repository, 'services', service, 'dist/main.js'),
      url: serviceUrls[service],
      logFile: join(folder, 'logs', `${service}.log`),
      environment: environmentOf(
        service,
        { host, port: portOf(service) },
        { secrets, databaseUrl, serviceUrls, objectsFolder, logLevel: 'warn', drainSeconds: 0 },
      ),
    });
  const services = Object.fromEntries(
    serviceNames.map((service) => [service, processOf(service)]),
  ) as Platform['services'];
  const all = Object.values(services);
  const ready = async (timeoutMs: number) =>
    (await Promise.all(all.map((service) => service.ready(timeoutMs)))).every(Boolean);
  begun.defer(async () => void (await Promise.all(all.map((service) => service.stop()))));
  for (const service of all) service.start();
  if (!(await ready(60_000))) throw new Error(`The services do not start: see ${join(folder, 'logs')}`);
  const running = begun.move();
  return {
    postgres,
    services,
    serviceKeys: secrets.service_keys,
    roleSecret: secrets.role_secret,
    objectsFolder,
    disk,
    objectsSigningSecret: secrets.objects_signing_secret,
    ready,
    stop: () => running.disposeAsync(),
  };
}

/**
 * Below the range from which systems take ports for outgoing connections: else one of those could sit on the
 * port of a service while it is down.
 */
async function freePorts(random: Random, count: number): Promise<number[]> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const first = random.between(20_000, 31_000 - count);
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return ports;
  }
  throw new Error(`There are no ${count} free ports in a row between 20000 and 31000`);
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(false));
    probe.listen(port, host, () => probe.close(() => done(true)));
  });
