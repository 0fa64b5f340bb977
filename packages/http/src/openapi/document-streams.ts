import type { FastifyContextConfig } from 'fastify';

/** Adds to a copy of a route's schema the body that it reads by itself: no validator is to look at that. */
export function documentStreams<Schema extends object>(
  schema: Schema,
  { streamsBody }: FastifyContextConfig,
): Schema {
  if (!streamsBody) return schema;
  const bytes = { schema: { type: 'string', format: 'binary' } };
  return { ...schema, body: { content: { 'application/octet-stream': bytes } } };
}
