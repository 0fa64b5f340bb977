import { isDeepStrictEqual } from 'node:util';

/** A piece of an OpenAPI document. */
export type OpenApiNode = { [name: string]: unknown };

/**
 * Moves each schema that has an `$id` to `components.schemas` under that name and refers to it, however often and
 * however deep it stands in the document. Components are sorted, so the text does not follow the order of routes.
 * @throws Error where two schemas share a name and differ.
 */
export function nameComponents(document: OpenApiNode): OpenApiNode {
  const schemas = new Map<string, unknown>();
  const components = isNode(document.components) ? document.components : {};
  const paths = named(inlined(document.paths, isNode(components.schemas) ? components.schemas : {}), schemas);
  return {
    ...document,
    components: {
      ...components,
      schemas: Object.fromEntries([...schemas].sort(([a], [b]) => a.localeCompare(b))),
    },
    paths,
  };
}

/**
 * Puts back what @fastify/swagger has moved away: a schema with an `$id` becomes `def-<n>` there, with the `$id` as
 * its title, and a number of its own wherever it stands.
 */
function inlined(node: unknown, moved: OpenApiNode): unknown {
  if (Array.isArray(node)) return node.map((item) => inlined(item, moved));
  if (!isNode(node)) return node;
  const name =
    typeof node.$ref === 'string' ? /^#\/components\/schemas\/(def-\d+)$/.exec(node.$ref)?.[1] : undefined;
  const target = name === undefined ? undefined : moved[name];
  if (isNode(target)) {
    const { title, ...rest } = target;
    return { $id: title, ...(inlined(rest, moved) as OpenApiNode) };
  }
  return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, inlined(item, moved)]));
}

function named(node: unknown, schemas: Map<string, unknown>): unknown {
  if (Array.isArray(node)) return node.map((item) => named(item, schemas));
  if (!isNode(node)) return node;
  const { $id, ...rest } = node;
  const own = Object.fromEntries(Object.entries(rest).map(([name, item]) => [name, named(item, schemas)]));
  if (typeof $id !== 'string') return '$id' in node ? { ...own, $id: named($id, schemas) } : own;
  if (schemas.has($id) && !isDeepStrictEqual(schemas.get($id), own)) {
    throw new Error(`two different schemas are named ${$id}`);
  }
  schemas.set($id, own);
  return { $ref: `#/components/schemas/${$id}` };
}

const isNode = (value: unknown): value is OpenApiNode =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
