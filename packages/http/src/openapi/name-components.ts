import { isDeepStrictEqual } from 'node:util';

/** A piece of an OpenAPI document. */
export type OpenApiNode = { [name: string]: unknown };

/** Stands for `$id` while the document is put together, which would otherwise resolve or drop it. */
const mark = 'x-component';

/** A copy of a route's schema in plain JSON, in which the name of each shared schema outlives swagger. */
export function markComponents<Schema>(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema), (_name, value: unknown) => {
    if (!isNode(value) || typeof value.$id !== 'string') return value;
    const { $id, ...rest } = value;
    return { ...rest, [mark]: $id };
  });
}

/** A copy of a route's schema whose body, where it has no name, is named after its operation: `CreateTaskBody`. */
export function nameBody<Schema extends { body?: unknown; operationId?: string }>(schema: Schema): Schema {
  const { body, operationId } = schema;
  if (!isNode(body) || mark in body || 'content' in body || !operationId) return schema;
  const name = `${operationId.charAt(0).toUpperCase()}${operationId.slice(1)}Body`;
  return { ...schema, body: { ...body, [mark]: name } };
}

/**
 * Moves each schema that had an `$id` to `components.schemas` under that name and refers to it, however often and
 * however deep it stands in the document. Components are sorted, so the text does not follow the order of routes.
 * @throws Error where two schemas share a name and differ.
 */
export function nameComponents(document: OpenApiNode): OpenApiNode {
  const schemas = new Map<string, unknown>();
  const paths = named(document.paths, schemas);
  const components = isNode(document.components) ? document.components : {};
  return {
    ...document,
    components: {
      ...components,
      schemas: Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1))),
    },
    paths,
  };
}

function named(node: unknown, schemas: Map<string, unknown>): unknown {
  if (Array.isArray(node)) return node.map((item) => named(item, schemas));
  if (!isNode(node)) return node;
  const { [mark]: name, ...rest } = node;
  const own = Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, named(item, schemas)]));
  if (typeof name !== 'string') return own;
  if (schemas.has(name) && !isDeepStrictEqual(schemas.get(name), own)) {
    throw new Error(`two different schemas are named ${name}`);
  }
  schemas.set(name, own);
  return { $ref: `#/components/schemas/${name}` };
}

export const isNode = (value: unknown): value is OpenApiNode =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
