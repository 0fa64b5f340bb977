import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type ServiceName, serviceNames } from '@hivesync/contracts';

/** What this machine's services need to know and nobody else may. */
export interface Secrets {
  /** From it come the passwords of the database roles. */
  role_secret: string;
  /** 32 bytes, base64: encrypts identity's signing keys at rest. */
  key_encryption_key: string;
  /** Authenticates page cursors. */
  cursor_secret: string;
  /** Signs the URLs of uploads and downloads. */
  objects_signing_secret: string;
  /** Each service's own Ed25519 key, PKCS #8 DER in base64: signs its tokens for other services. */
  service_keys: Record<ServiceName, string>;
}

/**
 * Reads the file, or makes what is missing from it, once. The file is for its owner alone (0600), which is
 * set again at each start.
 * @throws Error where the file is there but does not hold a JSON object.
 */
export function loadSecrets(file: string): Secrets {
  const known = read(file);
  const keys = isRecord(known.service_keys) ? known.service_keys : {};
  const secrets: Secrets = {
    role_secret: text(known.role_secret) ?? randomBytes(32).toString('base64url'),
    key_encryption_key: text(known.key_encryption_key) ?? randomBytes(32).toString('base64'),
    cursor_secret: text(known.cursor_secret) ?? randomBytes(32).toString('base64url'),
    objects_signing_secret: text(known.objects_signing_secret) ?? randomBytes(32).toString('base64url'),
    service_keys: Object.fromEntries(
      serviceNames.map((service) => [service, text(keys[service]) ?? privateKey()]),
    ) as Record<ServiceName, string>,
  };
  const content = `${JSON.stringify(secrets, null, 2)}\n`;
  if (JSON.stringify(known) !== JSON.stringify(secrets)) {
    mkdirSync(dirname(file), { recursive: true });
    // Written beside and moved, so that a crash leaves either the old file or the new one.
    writeFileSync(`${file}.new`, content, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  chmodSync(file, 0o600);
  return secrets;
}

function read(file: string): Record<string, unknown> {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
  try {
    const known: unknown = JSON.parse(content);
    if (isRecord(known)) return known;
  } catch (cause) {
    throw broken(file, cause);
  }
  throw broken(file);
}

const broken = (file: string, cause?: unknown) =>
  new Error(`${file} is damaged: restore it, or remove the whole data folder to start afresh`, { cause });

function privateKey(): string {
  const { privateKey: key } = generateKeyPairSync('ed25519');
  return key.export({ type: 'pkcs8', format: 'der' }).toString('base64');
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length > 0 ? value : undefined;
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
