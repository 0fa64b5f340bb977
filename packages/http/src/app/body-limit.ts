import type { FastifyInstance } from 'fastify';

/** Bytes of a body where the schema asks for fewer, or for none, and of what anybody may send who has no token. */
export const smallestLimit = 4_096;

/**
 * Gives each route the limit of its body: what its schema can carry, or the `bodyLimit` that it names. The largest
 * JSON text that fits the schema gets through, and hardly more, so that no time goes into what is refused anyway.
 * A route without a guard, such as the login, takes 4 KiB unless it names more. Register it before any route.
 * @throws Error where a route's schema has no bound and the route names none
 */
export function bodyLimits(app: FastifyInstance, most: number): void {
  app.addHook('onRoute', (route) => {
    const { config, schema, method, url } = route;
    if (config?.streamsBody || route.bodyLimit !== undefined) return;
    const bytes = schema?.body === undefined ? 0 : capacityOf(schema.body);
    if (bytes === Number.POSITIVE_INFINITY) {
      throw new Error(`${method} ${url}: its body has no bound: name maxItems, maxLength or bodyLimit`);
    }
    const forAnybody = route.onRequest === undefined && !url.startsWith('/internal/');
    route.bodyLimit = forAnybody ? smallestLimit : Math.min(most, Math.max(smallestLimit, roundedUp(bytes)));
  });
}

const roundedUp = (bytes: number): number => Math.ceil(bytes / 1_024) * 1_024;

/** White space around a value that is written for people: a line of its own, indented. */
const spacing = 16;
/** Bytes of a character: in UTF-8 it has up to four, and an escape six. Of those with two, half a text may consist. */
const escaped = 6;

/** Bytes of the largest JSON that fits a schema, however its text is escaped; infinite where it has no bound. */
export function capacityOf(schema: unknown): number {
  return spacing + valueCapacity(isRecord(schema) ? schema : {});
}

function valueCapacity(schema: Record<string, unknown>): number {
  const { type, items, maxItems, properties, additionalProperties, anyOf, 'x-max-bytes': maxBytes } = schema;
  if (Array.isArray(anyOf)) return Math.max(...anyOf.map(capacityOf));
  if ('const' in schema) return JSON.stringify(schema.const).length;
  if (Array.isArray(schema.enum)) return Math.max(...schema.enum.map((one) => JSON.stringify(one).length));
  // In the database's own spelling; an escape takes three times the bytes of what it stands for, at most.
  if (typeof maxBytes === 'number') return 3 * maxBytes;
  switch (type) {
    case 'null':
    case 'boolean':
      return 5;
    case 'integer':
    case 'number':
      return 32;
    case 'string':
      return textCapacity(schema);
    case 'array':
      return typeof maxItems === 'number' ? maxItems * (capacityOf(items) + 1) + 2 : Number.POSITIVE_INFINITY;
    case 'object':
      if (additionalProperties !== false || !isRecord(properties)) return Number.POSITIVE_INFINITY;
      return Object.entries(properties).reduce(
        (sum, [name, one]) => sum + name.length + 4 + capacityOf(one),
        2,
      );
    default:
      return Number.POSITIVE_INFINITY;
  }
}

const formats: Readonly<Record<string, number>> = { uuid: 36, date: 10, 'date-time': 64, ipv4: 15, ipv6: 45 };

function textCapacity({ format, maxLength }: Record<string, unknown>): number {
  const known = typeof format === 'string' ? formats[format] : undefined;
  if (known !== undefined) return known + 2;
  return typeof maxLength === 'number' ? maxLength * escaped + 2 : Number.POSITIVE_INFINITY;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
