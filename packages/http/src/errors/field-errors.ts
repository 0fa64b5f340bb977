import type { FieldError, FieldPath, RequestPart } from '@hivesync/contracts';

const most = 20;

/** The parts of an error of TypeBox (whose shape is that of Ajv) that are looked at. */
interface SchemaError {
  keyword: string;
  instancePath: string;
  message: string;
  params: { requiredProperties?: string[]; additionalProperties?: string[]; allowedValues?: unknown[] };
}

/** What Fastify calls the parts of a request. */
const parts: Readonly<Record<string, RequestPart>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'header',
};

/** What a caller is told of a request that does not fit. 20 at most. Values are never repeated. */
export function fieldErrors(errors: readonly unknown[], context = 'body'): FieldError[] {
  const part = parts[context] ?? 'body';
  const found = new Map<string, string>();
  for (const { at, message } of errors.filter(isSchemaError).flatMap(explain)) {
    if (!found.has(at)) found.set(at, message);
  }
  if (found.size === 0) return [{ path: part, message: 'does not fit the schema of this operation' }];
  return [...found].slice(0, most).map(([at, message]) => ({ path: `${part}${at}` as FieldPath, message }));
}

function explain({ keyword, instancePath, message, params }: SchemaError): { at: string; message: string }[] {
  switch (keyword) {
    case 'required':
      return (params.requiredProperties ?? []).map((name) => ({
        at: `${instancePath}/${name}`,
        message: 'is required',
      }));
    case 'additionalProperties':
      return (params.additionalProperties ?? []).map((name) => ({
        at: `${instancePath}/${pointerToken(name)}`,
        message: 'is not known here',
      }));
    case 'boolean': // how TypeBox says the same of each such property, before it sums them up
      return [{ at: instancePath, message: 'is not known here' }];
    case 'enum':
      return [{ at: instancePath, message: `must be one of ${(params.allowedValues ?? []).join(', ')}` }];
    default:
      return [{ at: instancePath, message }];
  }
}

/** https://www.rfc-editor.org/rfc/rfc6901#section-3; a name that somebody made up is cut. */
export const pointerToken = (name: string): string =>
  name.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1');

const isSchemaError = (value: unknown): value is SchemaError =>
  typeof value === 'object' && value !== null && 'keyword' in value && 'instancePath' in value;
