import { expect, test } from 'vitest';
import type { OpenApiDocument } from '../src/documents.ts';
import { publicRoutes } from '../src/public-routes.ts';

const document = (paths: OpenApiDocument['paths']): OpenApiDocument => ({
  openapi: '3.1.0',
  info: { title: 'x', version: '1' },
  paths,
});

test('only the API and identity’s keys are routed, whatever a service documents', () => {
  const inside = {
    '/health/ready': { get: {} },
    '/metrics': { get: {} },
    '/openapi.json': { get: {} },
    '/internal/users/resolve': { post: {} },
    '/api/internal/x': { get: {} },
    '/.well-known/jwks.json': { get: {} },
    '/.well-known/service-jwks.json': { get: {} },
  };
  const routes = publicRoutes({
    identity: document({ ...inside, '/api/v1/me': { get: {}, patch: {} } }),
    projects: document({ ...inside, '/api/v1/tasks/{task_id}/labels/{label_id}': { put: {} } }),
  });
  expect(routes.map(({ service, method, url }) => `${service} ${method} ${url}`)).toEqual([
    'identity GET /.well-known/jwks.json',
    'identity GET /api/v1/me',
    'identity PATCH /api/v1/me',
    'projects PUT /api/v1/tasks/:task_id/labels/:label_id',
  ]);
});

test('what takes bytes streams them, what takes JSON does not', () => {
  const taking = (type: string) => ({ requestBody: { content: { [type]: {} } } });
  const routes = publicRoutes({
    projects: document({
      '/api/v1/x': { put: taking('application/octet-stream'), post: taking('application/json'), get: {} },
    }),
  });
  expect(routes.map(({ method, streamsBody }) => [method, streamsBody])).toEqual([
    ['PUT', true],
    ['POST', undefined],
    ['GET', undefined],
  ]);
});

test('members of a path that are no operations make no route', () => {
  const routes = publicRoutes({
    billing: document({ '/api/v1/x': { get: {}, parameters: {}, summary: {} } }),
  });
  expect(routes).toHaveLength(1);
});

test('a path that two services claim is refused, under any parameter name and method', () => {
  const claims = {
    projects: document({ '/api/v1/projects/{project_id}': { get: {} } }),
    previews: document({ '/api/v1/projects/{id}': { delete: {} } }),
  };
  expect(() => publicRoutes(claims)).toThrow('claimed by projects and by previews');
});
