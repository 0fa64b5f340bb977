/**
 * For containers: prepares the server at `DATABASE_URL`, makes the secrets once, and writes each app's environment
 * to `<HIVESYNC_DATA_DIR>/<app>.env`. Each service is a host of its own name, listening on 8080. Safe to run again.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceNames } from '@hivesync/contracts';
import { dataFolder } from './data-folder.ts';
import { prepareDatabases } from './databases.ts';
import { environmentOf, urlsOf } from './environment.ts';
import type { AppName } from './ports.ts';
import { loadSecrets } from './secrets.ts';

const port = 8080;
/** Where the volume of uploaded files is mounted. */
const objectsFolder = '/var/lib/hivesync/objects';
const adminUrl = process.env.DATABASE_URL;
if (!adminUrl) throw new Error('DATABASE_URL must name the server, under a login that may make roles');
const publicUrl = process.env.PUBLIC_URL;
if (!publicUrl)
  throw new Error('PUBLIC_URL must say where clients reach the gateway: https://api.example.com');

const folder = dataFolder();
mkdirSync(folder, { recursive: true });
const secrets = loadSecrets(join(folder, 'secrets.json'));
const databaseUrl = await prepareDatabases(adminUrl, secrets.role_secret);
const serviceUrls = urlsOf(
  (service) => service,
  () => port,
);
const apps: AppName[] = [...serviceNames, 'gateway'];
for (const app of apps) {
  const listen = { host: '0.0.0.0', port };
  const environment = environmentOf(app, listen, {
    secrets,
    databaseUrl,
    serviceUrls,
    objectsFolder,
    publicUrl,
    logLevel: 'info',
  });
  const file = join(folder, `${app}.env`);
  // No value holds a single quote: they are URLs, base64 and JSON of URLs.
  const lines = Object.entries(environment).map(([name, value]) => `${name}='${value}'`);
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
}
console.log(`The server is ready, and ${folder} has an environment for each of ${apps.join(', ')}.`);
