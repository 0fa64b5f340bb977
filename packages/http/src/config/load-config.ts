import envSchema from 'env-schema';
import type { Static, TObject } from 'typebox';
import { parsePrivateKey } from './private-key.ts';

/** The environment does not fit. The message is one line, names the variables and never holds a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Environment = Record<string, string | undefined>;

/**
 * Reads a service's configuration from its environment. Numbers and booleans are converted, objects are read
 * from JSON, an empty variable counts as absent, variables that the schema does not name are left out.
 * @throws ConfigError
 */
export function loadConfig<Schema extends TObject>(
  schema: Schema,
  env: Environment = process.env,
): Static<Schema> {
  const values = Object.fromEntries(
    Object.entries(schema.properties).flatMap(([name, property]) => {
      const text = env[name];
      if (text === undefined || text === '') return [];
      return [[name, 'type' in property && property.type === 'object' ? fromJson(name, text) : text]];
    }),
  );
  const config = check<Static<Schema>>(schema, values);
  if ('SERVICE_PRIVATE_KEY' in values) keyIsWhole(String(values.SERVICE_PRIVATE_KEY));
  return config;
}

function check<Config>(schema: TObject, values: Record<string, unknown>): Config {
  try {
    return envSchema<Config>({
      schema: structuredClone(plain(schema)),
      data: values,
      env: false,
      dotenv: false,
    });
  } catch (error) {
    throw new ConfigError(`Configuration: ${explain(error)}`);
  }
}

/** Without what TypeBox attaches for itself. */
function plain(schema: TObject): object {
  return JSON.parse(JSON.stringify(schema));
}

function fromJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may hold a secret.
    throw new ConfigError(`Configuration: ${name} must be JSON`);
  }
}

function keyIsWhole(text: string): void {
  try {
    parsePrivateKey(text);
  } catch {
    throw new ConfigError(
      'Configuration: SERVICE_PRIVATE_KEY must be an Ed25519 private key in PKCS #8: PEM, or base64 of the PEM or DER',
    );
  }
}

function explain(error: unknown): string {
  const errors: unknown = error instanceof Error && 'errors' in error ? error.errors : undefined;
  if (!Array.isArray(errors) || errors.length === 0) return 'the environment does not fit the schema';
  return errors.map(explainOne).join('; ');
}

function explainOne(error: {
  instancePath?: string;
  message?: string;
  keyword?: string;
  params?: Record<string, unknown>;
}): string {
  if (error.keyword === 'required') return `${String(error.params?.missingProperty)} is missing`;
  const [, name = 'the environment', ...rest] = (error.instancePath ?? '').split('/');
  const allowed = Array.isArray(error.params?.allowedValues)
    ? `: ${error.params.allowedValues.join(', ')}`
    : '';
  return `${[name, ...rest].join('.')} ${error.message ?? 'is not valid'}${allowed}`;
}
