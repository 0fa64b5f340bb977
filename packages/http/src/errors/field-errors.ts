import type { FieldError } from '@hivesync/contracts';

const most = 20;

/** The parts of an error of TypeBox (whose shape is that of Ajv) that are looked at. */
interface SchemaError {
  keyword: string;
  instancePath: string;
  message: string;
  params: { requiredProperties?: string[]; additionalProperties?: string[]; allowedValues?: unknown[] };
}

/**
 * What a caller is told of a request that does not fit: JSON Pointers into a body, else the parameter's name.
 * 20 at most. Values are never repeated.
 */
export function fieldErrors(errors: readonly unknown[], context: string | undefined): FieldError[] {
  const found = new Map<string, string>();
  for (const { path, message } of errors.filter(isSchemaError).flatMap(explain)) {
    if (!found.has(path)) found.set(path, message);
  }
  return [...found].slice(0, most).map(([path, message]) => ({
    path: context === 'body' ? path : path.replace(/^\//, ''),
    message,
  }));
}

function explain({ keyword, instancePath, message, params }: SchemaError): FieldError[] {
  switch (keyword) {
    case 'required':
      return (params.requiredProperties ?? []).map((name) => ({
        path: `${instancePath}/${name}`,
        message: 'is required',
      }));
    case 'additionalProperties':
      return (params.additionalProperties ?? []).map((name) => ({
        path: `${instancePath}/${pointerToken(name)}`,
        message: 'is not known here',
      }));
    case 'boolean':
      return []; // how TypeBox says once more that a property is not known
    case 'enum':
      return [{ path: instancePath, message: `must be one of ${(params.allowedValues ?? []).join(', ')}` }];
    default:
      return [{ path: instancePath, message }];
  }
}

/** https://www.rfc-editor.org/rfc/rfc6901#section-3; a name that somebody made up is cut. */
const pointerToken = (name: string): string => name.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1');

const isSchemaError = (value: unknown): value is SchemaError =>
  typeof value === 'object' && value !== null && 'keyword' in value && 'instancePath' in value;
