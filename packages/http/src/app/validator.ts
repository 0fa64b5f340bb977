import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/**
 * Validates requests with TypeBox. Query, path and header parameters are text and so converted to what their
 * schema says; bodies have types of their own and never are. Defaults are filled in, nothing is taken out.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  return (value: unknown) => {
    const typed = validator.Default(httpPart === 'body' ? value : fromText(schema, value));
    return validator.Check(typed)
      ? { value: typed }
      : { error: validator.Errors(typed) as FastifySchemaValidationError[] };
  };
};

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

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
