import type { FastifyContextConfig } from 'fastify';
import { isNode, type OpenApiNode } from './name-components.ts';

const etag = {
  type: 'string',
  description:
    'Tag of this answer, as `"3.Vq0f3xkP7bYtQm2A"`: the resource\'s `version`, which `If-Match` compares, and what ' +
    '`If-None-Match` compares besides',
};
const location = { type: 'string', description: 'Path of the new resource' };
const ifMatchHeader = {
  type: 'string',
  description:
    'The `ETag` that the change starts from, or its version alone, as `"3"`; a list of them, or `*` for whatever is there',
};
const ifNoneMatchHeader = {
  type: 'string',
  description: 'Tags of answers that the caller has: where this one is among them, 304 without a body',
};
const notModified = { description: 'The caller has this answer', type: 'null' };

/**
 * Adds to a copy of a route's schema the headers of versioned resources. In the document alone: `conditionalRequests`
 * tells a missing header (428) from a malformed one (400), which validation would not.
 */
export function documentVersions<Schema extends { headers?: unknown; response?: unknown }>(
  schema: Schema,
  method: unknown,
  { ifMatch, versioned }: FastifyContextConfig,
): Schema {
  const headers = schema.headers;
  const read = versioned && method === 'GET';
  return {
    ...schema,
    ...(ifMatch && { headers: withHeader(headers, 'if-match', ifMatchHeader, ifMatch === 'required') }),
    ...(read && { headers: withHeader(headers, 'if-none-match', ifNoneMatchHeader, false) }),
    ...(versioned && { response: { ...withTags(schema.response), ...(read && { 304: notModified }) } }),
  };
}

function withHeader(given: unknown, name: string, header: object, demanded: boolean): OpenApiNode {
  const headers = isNode(given) ? given : {};
  const names = Array.isArray(headers.required) ? headers.required : [];
  return {
    type: 'object',
    ...headers,
    properties: { ...(isNode(headers.properties) ? headers.properties : {}), [name]: header },
    ...(demanded && { required: [...names, name] }),
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
