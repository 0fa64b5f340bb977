import type { FastifyContextConfig } from 'fastify';
import { isNode, type OpenApiNode } from './name-components.ts';

const etag = { type: 'string', description: 'Version of the resource, for `If-Match` and `If-None-Match`' };
const location = { type: 'string', description: 'Path of the new resource' };

/**
 * Adds to a copy of a route's schema the headers of versioned resources. In the document alone: `ifMatchVersion`
 * tells a missing header (428) from a malformed one (400), which validation would not.
 */
export function documentVersions<Schema extends { headers?: unknown; response?: unknown }>(
  schema: Schema,
  { ifMatch, versioned }: FastifyContextConfig,
): Schema {
  if (!ifMatch && !versioned) return schema;
  return {
    ...schema,
    ...(ifMatch && { headers: withIfMatch(schema.headers, ifMatch === 'required') }),
    response: withTags(schema.response),
  };
}

function withIfMatch(headers: unknown, required: boolean): OpenApiNode {
  const given = isNode(headers) ? headers : {};
  const names = Array.isArray(given.required) ? given.required : [];
  return {
    type: 'object',
    ...given,
    properties: {
      ...(isNode(given.properties) ? given.properties : {}),
      'if-match': {
        type: 'string',
        description: 'The `ETag` of the version that the change starts from, e.g. `"3"`',
      },
    },
    ...(required && { required: [...names, 'if-match'] }),
  };
}

function withTags(response: unknown): OpenApiNode {
  const answers = Object.entries(isNode(response) ? response : {});
  return Object.fromEntries(
    answers.map(([status, answer]) => {
      if (!isNode(answer) || (status !== '200' && status !== '201')) return [status, answer];
      return [status, { ...answer, headers: { etag, ...(status === '201' && { location }) } }];
    }),
  );
}
