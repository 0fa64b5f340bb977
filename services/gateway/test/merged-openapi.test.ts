import { expect, test } from 'vitest';
import type { OpenApiDocument } from '../src/documents.ts';
import { mergeDocuments } from '../src/merged-openapi.ts';

function document(
  paths: Record<string, string>,
  schemas: Record<string, unknown>,
  extra: Partial<OpenApiDocument> = {},
): OpenApiDocument {
  const operation = (schema: string) => ({
    get: {
      operationId: 'list',
      security: [{ user: [] }],
      responses: { 200: { $ref: `#/components/schemas/${schema}` } },
    },
  });
  return {
    openapi: '3.1.0',
    info: { title: 'x', version: '1' },
    paths: Object.fromEntries(Object.entries(paths).map(([path, schema]) => [path, operation(schema)])),
    components: { schemas, securitySchemes: { user: { type: 'http', scheme: 'bearer' }, service: {} } },
    ...extra,
  };
}
const refersTo = (name: string) => ({ type: 'array', items: { $ref: `#/components/schemas/${name}` } });

test('names that mean the same stay, names that differ take their service’s name, and so does what refers to them', () => {
  const merged = mergeDocuments({
    identity: document(
      { '/api/v1/a': 'List' },
      { Problem: { type: 'object' }, List: refersTo('Item'), Item: { title: 'user' } },
    ),
    projects: document(
      { '/api/v1/b': 'List' },
      { Problem: { type: 'object' }, List: refersTo('Item'), Item: { title: 'task' } },
    ),
    billing: document({ '/api/v1/c': 'Problem' }, { Problem: { type: 'object' } }),
  });

  expect(Object.keys(merged.paths)).toEqual(['/api/v1/a', '/api/v1/b', '/api/v1/c']);
  expect(merged.components?.schemas).toEqual({
    IdentityList: refersTo('IdentityItem'),
    IdentityItem: { title: 'user' },
    ProjectsList: refersTo('ProjectsItem'),
    ProjectsItem: { title: 'task' },
    Problem: { type: 'object' },
  });
  expect(merged.paths['/api/v1/b']?.get?.responses).toMatchObject({
    200: { $ref: '#/components/schemas/ProjectsList' },
  });
  expect(merged.components?.securitySchemes).toEqual({ user: { type: 'http', scheme: 'bearer' } });
});

test('internal operations and what only they use are left out, and operation ids stay unique', () => {
  const merged = mergeDocuments({
    identity: document({ '/api/v1/a': 'Open', '/internal/x': 'Secret' }, { Open: {}, Secret: {} }),
    audit: document({ '/api/v1/z': 'Open' }, { Open: {} }),
  });
  expect(JSON.stringify(merged)).not.toMatch(/internal|Secret/);
  const ids = Object.values(merged.paths).map((operations) => operations.get?.operationId);
  expect(ids).toEqual(['list', 'audit_list']);
});

test('every reference of the merged document can be followed, and the documents are left as they were', () => {
  const Problem = { type: 'object' };
  const identity = document(
    { '/api/v1/a': 'List', '/api/v1/p': 'Problem' },
    { List: refersTo('Item'), Item: refersTo('List'), Problem },
  );
  const before = structuredClone(identity);
  const merged = mergeDocuments({ identity, projects: document({ '/api/v1/b': 'Item' }, { Item: {} }) });
  const names = [...JSON.stringify(merged).matchAll(/#\/components\/schemas\/(\w+)/g)].map(
    (match) => match[1],
  );
  expect(names.length).toBeGreaterThan(2);
  for (const name of names) expect(merged.components?.schemas).toHaveProperty(name ?? '');
  expect(identity).toEqual(before);
});

test('every operation tells how it is counted, and what the gateway may answer in its service’s place', () => {
  const merged = mergeDocuments({
    billing: document(
      { '/api/v1/c': 'Problem' },
      { Problem: {} },
      {
        paths: {
          '/api/v1/c': {
            get: {
              operationId: 'c',
              responses: { 200: { description: 'it' }, 503: { description: 'SHUTTING_DOWN' } },
            },
          },
        },
      },
    ),
  });
  const responses = merged.paths['/api/v1/c']?.get?.responses as Record<string, { description: string }>;
  expect(Object.keys(responses)).toEqual(['200', '429', '503']);
  expect(responses[429]?.description).toBe('RATE_LIMITED, TOO_MANY_AT_ONCE');
  expect(responses[429]).toHaveProperty('headers.retry-after');
  expect(responses[503]?.description).toBe('OVERLOADED, SHUTTING_DOWN, UPSTREAM_UNAVAILABLE');
  for (const response of Object.values(responses)) {
    expect(response).toMatchObject({
      headers: { ratelimit: { $ref: '#/components/headers/RateLimit' } },
    });
  }
  expect(merged.components?.headers).toHaveProperty('RateLimit');
});
