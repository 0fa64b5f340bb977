import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { type ServiceName, serviceNames } from '@hivesync/contracts';
import type { App } from '@hivesync/http';
import { environmentOf, type Surroundings, services, urlsOf } from '@hivesync/local';

export type ServiceDocument = [service: ServiceName, document: object];

/** The OpenAPI document of each service. */
export const openApiDocuments = (): Promise<ServiceDocument[]> =>
  eachApp(
    async (app, service): Promise<ServiceDocument> => [service, (await app.inject('/openapi.json')).json()],
  );

/** Looks at the app of each service as it stands; no database is connected. @returns in the order of `serviceNames` */
export async function eachApp<T>(look: (app: App, service: ServiceName) => Promise<T>): Promise<T[]> {
  const surroundings: Surroundings = {
    secrets: throwawaySecrets(),
    databaseUrl: 'postgres://nobody@127.0.0.1:1/nowhere',
    serviceUrls: urlsOf(
      () => '127.0.0.1',
      () => 1,
    ),
    objectsFolder: '/nowhere',
    publicUrl: 'http://127.0.0.1',
    logLevel: 'silent',
  };
  return Promise.all(
    serviceNames.map(async (service) => {
      const app = await services[service](
        environmentOf(service, { host: '127.0.0.1', port: 0 }, surroundings),
      );
      const seen = await look(app, service);
      await app.close();
      return seen;
    }),
  );
}

function throwawaySecrets() {
  const key = () =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
  return {
    role_secret: 'unused',
    key_encryption_key: randomBytes(32).toString('base64'),
    objects_signing_secret: randomBytes(32).toString('base64url'),
    cursor_secret: randomBytes(32).toString('base64'),
    service_keys: Object.fromEntries(serviceNames.map((service) => [service, key()])) as Record<
      ServiceName,
      string
    >,
  };
}
