import { createPrivateKey } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadSecrets } from '../src/secrets.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hivesync-secrets-'));
  file = join(folder, 'new', 'secrets.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('secrets are made once, for their owner alone, and each service has a key of its own', () => {
  const made = loadSecrets(file);
  expect(loadSecrets(file)).toEqual(made);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(new Set(Object.values(made.service_keys)).size).toBe(6);
  for (const key of Object.values(made.service_keys)) {
    const der = Buffer.from(key, 'base64');
    expect(createPrivateKey({ key: der, type: 'pkcs8', format: 'der' }).asymmetricKeyType).toBe('ed25519');
  }
  expect(Buffer.from(made.key_encryption_key, 'base64')).toHaveLength(32);
});

test('a file from before a secret was added keeps what it has, and one that others may read is closed', () => {
  const made = loadSecrets(file);
  writeFileSync(
    file,
    JSON.stringify({ role_secret: made.role_secret, service_keys: { audit: made.service_keys.audit } }),
  );
  chmodSync(file, 0o644);
  const again = loadSecrets(file);
  expect(again.role_secret).toBe(made.role_secret);
  expect(again.service_keys.audit).toBe(made.service_keys.audit);
  expect(again.cursor_secret).not.toBe(made.cursor_secret);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(again);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a damaged file is named and not overwritten', () => {
  loadSecrets(file);
  writeFileSync(file, '{"role_secret": "cut o');
  expect(() => loadSecrets(file)).toThrow(`${file} is damaged`);
  expect(readFileSync(file, 'utf8')).toBe('{"role_secret": "cut o');
});
