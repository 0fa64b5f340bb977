/** Unknown names that are told, and free names that are looked at. */
const mostNames = 20;

/**
 * As much of a value as its schemas know, and a little of the rest: what is wrong can be explained by it, in a time
 * that the schema bounds and not the sender. A value that is known to be wrong is wrong in its excerpt too, except
 * deep inside free names.
 */
export function excerpt(schemas: readonly unknown[], value: unknown): unknown {
  const known = schemas.flatMap(variants);
  if (typeof value === 'string') return value.slice(0, 2 * largest(known, 'maxLength', 1_000) + 2);
  if (Array.isArray(value)) {
    if (known.length === 0) return [];
    const items = known.flatMap((schema) => schema.items ?? []);
    return value.slice(0, largest(known, 'maxItems', mostNames) + 1).map((item) => excerpt(items, item));
  }
  if (!isRecord(value)) return value;
  if (known.length === 0) return {};
  const inside = new Map<string, unknown[]>();
  for (const { properties } of known) {
    for (const [name, schema] of Object.entries(isRecord(properties) ? properties : {})) {
      inside.set(name, [...(inside.get(name) ?? []), schema]);
    }
  }
  const free = known.flatMap(({ additionalProperties }) => additionalProperties ?? []);
  const here = [...inside].filter(([name]) => Object.hasOwn(value, name));
  return Object.fromEntries([
    ...here.map(([name, one]): [string, unknown] => [name, excerpt(one, value[name])]),
    ...others(value, inside).map((name): [string, unknown] => [
      name.slice(0, 64),
      excerpt(free, value[name]),
    ]),
  ]);
}

function others(value: Record<string, unknown>, known: ReadonlyMap<string, unknown>): string[] {
  const found: string[] = [];
  for (const name of Object.keys(value)) {
    if (found.length === mostNames) break;
    if (!known.has(name)) found.push(name);
  }
  return found;
}

const variants = (schema: unknown): Record<string, unknown>[] =>
  isRecord(schema) ? [schema, ...(Array.isArray(schema.anyOf) ? schema.anyOf.flatMap(variants) : [])] : [];

function largest(schemas: readonly Record<string, unknown>[], keyword: string, otherwise: number): number {
  const bounds = schemas.map((schema) => schema[keyword]).filter((bound) => typeof bound === 'number');
  return bounds.length > 0 ? Math.max(...bounds) : otherwise;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
