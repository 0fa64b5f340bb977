import { type ServiceName, serviceNames } from '@hivesync/contracts';
import type { HTTPMethods } from 'fastify';
import type { Documents, Operation } from './documents.ts';

export interface PublicRoute {
  service: ServiceName;
  method: HTTPMethods;
  /** As OpenAPI writes it: `/api/v1/tasks/{task_id}`. */
  path: string;
  /** As Fastify writes it: `/api/v1/tasks/:task_id`. */
  url: string;
  /** The service streams the body to the storage, so it may be large and take long. */
  streamsBody?: true;
  /** The answer is a file, which may be large and take long. */
  streamsAnswer?: true;
}

const methods: Record<string, HTTPMethods> = {
  get: 'GET',
  post: 'POST',
  put: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
};

/**
 * Whether the door opens for a path of a service: the API, and identity's public keys, which others need to
 * verify our tokens. Everything else (`/internal`, health, metrics, a service's own keys) stays inside.
 */
export function isPublic(service: ServiceName, path: string): boolean {
  return path.startsWith('/api/v1/') || (service === 'identity' && path === '/.well-known/jwks.json');
}

/**
 * Every public operation of every service, in the order of `serviceNames`.
 * @throws Error where two services claim one path: a path has one owner.
 */
export function publicRoutes(documents: Documents): PublicRoute[] {
  const routes: PublicRoute[] = [];
  const owners = new Map<string, ServiceName>();
  for (const service of serviceNames) {
    for (const [path, operations] of Object.entries(documents[service]?.paths ?? {})) {
      if (!isPublic(service, path)) continue;
      const shape = path.replace(/\{[^}]+\}/g, '{}');
      const owner = owners.get(shape) ?? service;
      if (owner !== service) throw new Error(`${path} is claimed by ${owner} and by ${service}`);
      owners.set(shape, owner);
      for (const [name, operation] of Object.entries(operations)) {
        const method = methods[name];
        if (!method) continue;
        const url = path.replace(/\{([^}]+)\}/g, ':$1');
        routes.push({
          service,
          method,
          path,
          url,
          ...(streamsBody(operation) && { streamsBody: true }),
          ...(streamsAnswer(operation) && { streamsAnswer: true }),
        });
      }
    }
  }
  return routes;
}

/** Its body is bytes: nothing that anybody here or there would parse. */
const streamsBody = ({ requestBody }: Operation): boolean =>
  'application/octet-stream' in contentOf(requestBody);

/** Its success is bytes, of whatever type. */
function streamsAnswer({ responses }: Operation): boolean {
  const success = isRecord(responses) ? responses['200'] : undefined;
  return Object.values(contentOf(success)).some(
    (media) => isRecord(media) && isRecord(media.schema) && media.schema.format === 'binary',
  );
}

function contentOf(bodyOrResponse: unknown): Record<string, unknown> {
  return isRecord(bodyOrResponse) && isRecord(bodyOrResponse.content) ? bodyOrResponse.content : {};
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
