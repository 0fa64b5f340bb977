import { nameForm } from '@hivesync/contracts';
import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { clientAddress } from './client-address.ts';
import { excerpt } from './excerpt.ts';

/**
 * Validates requests with TypeBox. Query, path and header parameters are text and so converted to what their
 * schema says; bodies have types of their own and never are. Defaults of the first level are filled in, nothing is
 * taken out, and ids, names and addresses are brought into one spelling before they are checked.
 *
 * The check ends at the first thing that is wrong. Finding out what else is wrong takes longer, so only an excerpt is
 * explained.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  return (value: unknown) => {
    const typed = inOneSpelling(
      schema,
      withDefaults(schema, httpPart === 'body' ? value : fromText(schema, value)),
    );
    return validator.Check(typed)
      ? { value: typed }
      : { error: validator.Errors(excerpt([schema], typed)) as FastifySchemaValidationError[] };
  };
};

/** A union has none: which of its variants would fill in what? */
function withDefaults(schema: TSchema, value: unknown): unknown {
  const properties: unknown = 'properties' in schema ? schema.properties : undefined;
  if (!isRecord(properties) || !isRecord(value)) return value;
  for (const [name, property] of Object.entries(properties)) {
    if (isRecord(property) && 'default' in property && !Object.hasOwn(value, name)) {
      value[name] = structuredClone(property.default);
    }
  }
  return value;
}
/** Converts the parameters of one level: what cannot be read as its type stays text, and is refused as such. */
function fromText(schema: TSchema, value: unknown): unknown {
  const properties: unknown = 'properties' in schema ? schema.properties : undefined;
  if (!isRecord(properties) || !isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => [name, convert(properties[name], text)]),
  );
}

function convert(schema: unknown, value: unknown): unknown {
  const type = isRecord(schema) ? schema.type : undefined;
  if (type === 'array' && isRecord(schema)) {
    return (Array.isArray(value) ? value : [value]).map((item) => convert(schema.items, item));
  }
  if (typeof value !== 'string') return value;
  if (type === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value);
  if (type === 'number' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value)) return Number(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}

/**
 * RFC 9562, section 4, lets a client send a UUID in upper case; PostgreSQL answers in lower case, and comparing the
 * two as text would call one person two. Names and addresses have several spellings likewise (`nameForm`,
 * `clientAddress`). Goes as deep as the schema does.
 */
function inOneSpelling(schema: unknown, value: unknown): unknown {
  if (!isRecord(schema)) return value;
  if (Array.isArray(schema.anyOf))
    return schema.anyOf.reduce((found, one) => inOneSpelling(one, found), value);
  if (typeof value === 'string') {
    if (schema.format === 'uuid') return value.toLowerCase();
    if (schema.format === 'ipv6') return clientAddress(value) ?? value;
    return schema['x-name'] === true && !isFarTooLong(value, schema) ? nameForm(value) : value;
  }
  if (Array.isArray(value)) return value.map((item) => inOneSpelling(schema.items, item));
  const { properties } = schema;
  if (!isRecord(value) || !isRecord(properties)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, inOneSpelling(properties[name], item)]),
  );
}

/** Composing takes time by the square of the marks on one letter. What is refused anyway stays as it is. */
const isFarTooLong = (value: string, { maxLength }: Record<string, unknown>): boolean =>
  typeof maxLength === 'number' && value.length > 4 * maxLength;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
