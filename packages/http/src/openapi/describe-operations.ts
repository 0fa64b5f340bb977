import { isNode, type OpenApiNode } from './name-components.ts';

/** What a tag means, by its name. */
export type Tags = Readonly<Record<string, string>>;

/** Tags that routes of several services carry. */
const sharedTags: Tags = {
  admin:
    'For administrators: people, limits, machines, the log, and what the references of services are worth',
  internal: 'What services ask of each other; the gateway does not pass it on',
};

/** Of answers that ask to come again. */
export const retryAfterHeader = {
  description: 'Seconds to wait before trying again, where that is known',
  schema: { type: 'integer', minimum: 0 },
};

/**
 * Says in a document what follows from it and would otherwise be written at each route: who may call, what an id in
 * a path or filter is the id of, the header of answers that ask to come again, and what its tags mean.
 * @throws Error naming a tag that nobody describes.
 */
export function describeOperations(document: OpenApiNode, own: Tags): OpenApiNode {
  const used = new Set<string>();
  const paths = eachOperation(document.paths, (operation) => {
    for (const tag of tagsOf(operation)) used.add(tag);
    return {
      ...operation,
      description: [operation.description, whoMayCall(operation)].filter(Boolean).join(' '),
      ...(Array.isArray(operation.parameters) && { parameters: operation.parameters.map(withDescription) }),
      responses: withRetryAfter(operation.responses),
    };
  });
  return { ...document, tags: [...used].sort().map((name) => described(name, own)), paths };
}

function described(name: string, own: Tags): { name: string; description: string } {
  const description = own[name] ?? sharedTags[name];
  if (description === undefined) throw new Error(`the tag ${name} has no description`);
  return { name, description };
}

function eachOperation(paths: unknown, change: (operation: OpenApiNode) => OpenApiNode): OpenApiNode {
  return mapped(paths, (operations) =>
    mapped(operations, (operation) => (isNode(operation) ? change(operation) : operation)),
  );
}

const mapped = (node: unknown, change: (value: unknown) => unknown): OpenApiNode =>
  Object.fromEntries(Object.entries(isNode(node) ? node : {}).map(([name, value]) => [name, change(value)]));

const tagsOf = ({ tags }: OpenApiNode): string[] => (Array.isArray(tags) ? tags.map(String) : []);

function whoMayCall({ security, responses }: OpenApiNode): string {
  const schemes = Array.isArray(security)
    ? security.flatMap((one) => Object.keys(isNode(one) ? one : {}))
    : [];
  if (schemes.includes('serviceToken')) return 'For services of the platform.';
  if (!schemes.includes('accessToken')) return 'Needs no access token.';
  return mentions(responses, '403', 'ADMIN_ONLY')
    ? 'For administrators.'
    : 'For anybody with an access token.';
}

function mentions(responses: unknown, status: string, code: string): boolean {
  const response = isNode(responses) ? responses[status] : undefined;
  return isNode(response) && String(response.description).split(', ').includes(code);
}

/** `task_id` is the id of the task; a schema that says more stands. */
function withDescription(parameter: unknown): unknown {
  if (!isNode(parameter) || parameter.description !== undefined) return parameter;
  const [, thing] = /^(\w+)_id$/.exec(String(parameter.name)) ?? [];
  return thing ? { ...parameter, description: `Id of the ${thing.replaceAll('_', ' ')}` } : parameter;
}

function withRetryAfter(responses: unknown): OpenApiNode {
  const given = isNode(responses) ? responses : {};
  return Object.fromEntries(
    Object.entries(given).map(([status, response]) => {
      if (!isNode(response) || (status !== '429' && status !== '503')) return [status, response];
      return [
        status,
        {
          ...response,
          headers: { ...(isNode(response.headers) && response.headers), 'retry-after': retryAfterHeader },
        },
      ];
    }),
  );
}
