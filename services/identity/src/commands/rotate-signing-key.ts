import { createDataSource } from '@hivesync/database';
import { database } from '../database/data-source.ts';
import { parseEncryptionKey } from '../signing-keys/key-encryption.ts';
import { SigningKeys } from '../signing-keys/signing-key.service.ts';

const { DATABASE_URL: url, IDENTITY_KEY_ENCRYPTION_KEY: secret } = process.env;

if (!url || !secret) {
  console.error('usage: DATABASE_URL=... IDENTITY_KEY_ENCRYPTION_KEY=... npm run signing-key:rotate');
  process.exit(2);
}

const dataSource = await createDataSource(database, url, { poolSize: 1 }).initialize();
try {
  const kid = await new SigningKeys(dataSource, parseEncryptionKey(secret), 90).rotate();
  console.log(`${kid} signs access tokens from now on; replicas take it up within a minute.`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await dataSource.destroy();
}
