import { generateKeyPairSync } from 'node:crypto';
import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import {
  baseConfigSchema,
  ConfigError,
  listenConfigSchema,
  loadConfig,
  parsePrivateKey,
} from '../src/index.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const der = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const whole = {
  PORT: '8082',
  DATABASE_URL: 'postgres://app:hunter2@127.0.0.1/hivesync',
  SERVICE_URLS: '{"identity":"http://127.0.0.1:8081"}',
  SERVICE_PRIVATE_KEY: der,
};

test('reads, converts and fills in', () => {
  expect(loadConfig(baseConfigSchema, { ...whole, UNRELATED: 'x', LOG_LEVEL: '' })).toEqual({
    HOST: '127.0.0.1',
    PORT: 8082,
    LOG_LEVEL: 'info',
    DRAIN_SECONDS: 1,
    DATABASE_URL: whole.DATABASE_URL,
    DATABASE_POOL_SIZE: 10,
    OUTBOX_RETENTION_DAYS: 30,
    SERVICE_URLS: { identity: 'http://127.0.0.1:8081' },
    SERVICE_PRIVATE_KEY: der,
  });
});

test('takes a service’s own variables beside the shared ones', () => {
  const schema = Type.Object({
    ...listenConfigSchema.properties,
    DEADLINE_MS: Type.Integer({ default: 5_000 }),
  });
  expect(loadConfig(schema, { PORT: '0', SERVICE_URLS: '{}' }).DEADLINE_MS).toBe(5_000);
});

describe('what does not fit is named in one line, without its value', () => {
  test.each([
    ['PORT', 'hunter2', /PORT must be integer/],
    ['PORT', undefined, /PORT is missing/],
    ['PORT', '70000', /PORT must be <= 65535/],
    ['LOG_LEVEL', 'hunter2', /LOG_LEVEL .*: trace, debug/],
    ['DATABASE_URL', 'mysql://root:hunter2@db', /DATABASE_URL must match pattern/],
    ['SERVICE_URLS', '{"identity":hunter2', /SERVICE_URLS must be JSON/],
    ['SERVICE_URLS', '{"identity":"hunter2"}', /SERVICE_URLS\.identity must match pattern/],
    ['SERVICE_PRIVATE_KEY', 'hunter2', /SERVICE_PRIVATE_KEY must be an Ed25519/],
    ['CURSOR_SECRET', 'hunter2', /CURSOR_SECRET must NOT have fewer than 16/],
  ])('%s=%s', (name, value, expected) => {
    const load = () => loadConfig(baseConfigSchema, { ...whole, [name]: value });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(expected);
    expect(load).not.toThrow(/hunter2|\n/);
  });

  test('all of it at once', () => {
    expect(() => loadConfig(baseConfigSchema, {})).toThrow(/PORT is missing.*DATABASE_URL is missing/);
  });
});

describe('a private key', () => {
  test.each([
    ['base64 of the DER', der],
    ['PEM', pem],
    ['PEM in one line', pem.replaceAll('\n', '\\n')],
    ['base64 of the PEM', Buffer.from(pem).toString('base64')],
  ])('as %s', (_how, text) => {
    expect(parsePrivateKey(text).equals(privateKey)).toBe(true);
  });

  test('of another kind is refused', () => {
    const rsa = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const text = rsa.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(() => parsePrivateKey(text)).toThrow('not an Ed25519');
  });
});
