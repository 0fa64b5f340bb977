import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { type ServiceName, serviceNames } from '@hivesync/contracts';
import { environmentOf, type Surroundings, services, urlsOf } from '@hivesync/local';

export type ServiceDocument = [service: ServiceName, document: object];

/** The OpenAPI document of each service, from its app as it stands; no database is connected. */
export async function openApiDocuments(): Promise<ServiceDocument[]> {
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
    serviceNames.map(async (service): Promise<ServiceDocument> => {
      const app = await services[service](
        environmentOf(service, { host: '127.0.0.1', port: 0 }, surroundings),
      );
      const answer = await app.inject('/openapi.json');
      await app.close();
      return [service, answer.json()];
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
