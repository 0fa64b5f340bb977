import swagger from '@fastify/swagger';
import type { App } from '../app/app.ts';
import { describeOperations, type Tags } from './describe-operations.ts';
import { documentRoute } from './document-route.ts';
import { documentStreams } from './document-streams.ts';
import { documentVersions } from './document-versions.ts';
import { markComponents, nameBody, nameComponents, type OpenApiNode } from './name-components.ts';

export interface OpenApiOptions {
  title: string;
  description: string;
  /** What the tags of its routes mean; `admin` and `internal` mean the same everywhere. */
  tags?: Tags;
  /** Served instead of the document of the app's own routes. */
  document?: () => object;
}

/** Who stands behind every document, and under which licence. */
export const aboutTheApi = {
  version: '1.0.0',
  contact: { name: 'HiveSync', url: 'https://hivesync.dev' },
  license: { name: 'All rights reserved', identifier: 'LicenseRef-All-Rights-Reserved' },
};

/**
 * Serves `GET /openapi.json`, OpenAPI 3.1 of all routes that are not hidden; those under `/internal` carry the tag
 * `internal` and are left out by the gateway. The same routes always give the same text. Register it before any
 * route.
 */
export async function openapi(app: App, { document, tags = {}, ...info }: OpenApiOptions): Promise<void> {
  app.addHook('onRoute', (route) => documentRoute(app, route));
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { ...info, ...aboutTheApi },
      servers: [{ url: '/', description: 'Wherever this document was fetched' }],
      components: {
        securitySchemes: {
          accessToken: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'Access token of a person, from POST /api/v1/auth/login; lasts 15 minutes',
          },
          serviceToken: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'Short token that a service of the platform signs for another',
          },
        },
      },
    },
    convertConstToEnum: false,
    transform: ({ schema, url, route }) => ({
      schema:
        schema &&
        documentStreams(
          documentVersions(
            nameBody(withOptionalDefaults(markComponents(schema))),
            route.method,
            route.config ?? {},
          ),
          route.config ?? {},
        ),
      url,
    }),
    transformObject: (documents) => {
      if (!('openapiObject' in documents)) throw new TypeError('The document is OpenAPI');
      const document = nameComponents(documents.openapiObject as OpenApiNode);
      assertNamed(document);
      return describeOperations(document, tags);
    },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => document?.() ?? app.swagger());
}

/** A query parameter that has a default may be left out, though its schema, which describes what handlers get, requires it. */
function withOptionalDefaults<Schema extends { querystring?: unknown }>(schema: Schema): Schema {
  const query = schema.querystring as
    | { properties?: Record<string, object>; required?: readonly string[] }
    | undefined;
  if (!query?.required) return schema;
  const { required, ...rest } = query;
  const demanded = required.filter((name) => !('default' in (query.properties?.[name] ?? {})));
  return { ...schema, querystring: { ...rest, ...(demanded.length > 0 && { required: demanded }) } };
}

/** Clients are generated from the document, and each operation becomes a name there. */
function assertNamed(document: OpenApiNode): void {
  const seen = new Set<string>();
  for (const [path, operations] of Object.entries((document.paths ?? {}) as Record<string, OpenApiNode>)) {
    for (const [method, operation] of Object.entries(operations as Record<string, OpenApiNode>)) {
      const id = operation.operationId;
      if (typeof id !== 'string') throw new Error(`${method.toUpperCase()} ${path} has no operationId`);
      if (seen.has(id)) throw new Error(`two operations are named ${id}`);
      seen.add(id);
    }
  }
}
