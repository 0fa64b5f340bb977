import { createDataSource } from '@hivesync/database';
import { testTokens } from '@hivesync/testing';
import { expect, test } from 'vitest';
import { buildApp, database, loadConfig } from '../src/app.ts';

interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  security?: object[];
  responses?: Record<string, object>;
}

test('the document is made without a database, and describes every operation', async () => {
  const tokens = await testTokens();
  const url = 'postgres://nobody@127.0.0.1:1/none';
  const config = loadConfig({
    PORT: '0',
    LOG_LEVEL: 'silent',
    DATABASE_URL: url,
    SERVICE_URLS: '{"identity":"http://127.0.0.1:1"}',
    SERVICE_PRIVATE_KEY: tokens.privateKey('projects'),
    OBJECTS_DIR: '/nowhere',
    PUBLIC_URL: 'https://api.example.test',
    OBJECTS_SIGNING_SECRET: 'nothing is signed with it here, at all',
  });
  const app = await buildApp({ config, dataSource: createDataSource(database, url) });
  await app.ready();
  const document: { paths: Record<string, object> } = (await app.inject('/openapi.json')).json();
  await app.close();

  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Operation>).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      ...operation,
    })),
  );
  const ours = operations.filter(({ name }) => / \/(api|internal\/projects)\//.test(name));
  for (const { name, operationId, summary, tags, security, responses } of ours) {
    // A signed URL is all that these ask for.
    const signed = / \/api\/v1\/objects\//.test(name);
    expect({ name, operationId, summary, tags: tags?.length, security: security?.length }).toEqual({
      name,
      operationId: expect.any(String),
      summary: expect.any(String),
      tags: 1,
      security: signed ? 0 : 1,
    });
    expect(Object.keys(responses ?? {}).some((status) => status.startsWith('2'))).toBe(true);
    expect(responses).toHaveProperty(signed ? '403' : '401');
  }
  expect(ours.map(({ name }) => name).sort()).toEqual(
    [
      'DELETE /api/v1/comments/{comment_id}',
      'DELETE /api/v1/comments/{comment_id}/star',
      'DELETE /api/v1/projects/{project_id}/favorite',
      'DELETE /api/v1/projects/{project_id}/labels/{label_id}',
      'DELETE /api/v1/projects/{project_id}/members/me',
      'DELETE /api/v1/projects/{project_id}/members/{user_id}',
      'DELETE /api/v1/projects/{project_id}/tags/{tag_id}',
      'DELETE /api/v1/tasks/{task_id}',
      'DELETE /api/v1/tasks/{task_id}/attachments/{attachment_id}',
      'DELETE /api/v1/tasks/{task_id}/dependencies/{depends_on_task_id}',
      'DELETE /api/v1/tasks/{task_id}/labels/{label_id}',
      'GET /api/v1/comments/{comment_id}',
      'GET /api/v1/invitations',
      'GET /api/v1/objects/attachments/{object_id}',
      'GET /api/v1/projects',
      'GET /api/v1/projects/{project_id}',
      'GET /api/v1/projects/{project_id}/comments',
      'GET /api/v1/projects/{project_id}/invitations',
      'GET /api/v1/projects/{project_id}/labels',
      'GET /api/v1/projects/{project_id}/members',
      'GET /api/v1/projects/{project_id}/tags',
      'GET /api/v1/projects/{project_id}/tasks',
      'GET /api/v1/search',
      'GET /api/v1/tasks/{task_id}',
      'GET /api/v1/tasks/{task_id}/attachments',
      'GET /api/v1/tasks/{task_id}/attachments/{attachment_id}/download',
      'PATCH /api/v1/comments/{comment_id}',
      'PATCH /api/v1/projects/{project_id}',
      'PATCH /api/v1/tasks/{task_id}',
      'POST /api/v1/invitations/{invitation_id}/accept',
      'POST /api/v1/invitations/{invitation_id}/decline',
      'POST /api/v1/projects',
      'POST /api/v1/projects/{project_id}/comments',
      'POST /api/v1/projects/{project_id}/deletion',
      'POST /api/v1/projects/{project_id}/invitations',
      'POST /api/v1/projects/{project_id}/labels',
      'POST /api/v1/projects/{project_id}/tags',
      'POST /api/v1/projects/{project_id}/tasks',
      'POST /api/v1/projects/{project_id}/tasks/bulk',
      'POST /api/v1/tasks/{task_id}/attachments',
      'POST /api/v1/tasks/{task_id}/attachments/uploads',
      'POST /internal/projects/resolve',
      'PUT /api/v1/comments/{comment_id}/star',
      'PUT /api/v1/objects/attachments/{object_id}',
      'PUT /api/v1/projects/{project_id}/favorite',
      'PUT /api/v1/tasks/{task_id}/dependencies/{depends_on_task_id}',
      'PUT /api/v1/tasks/{task_id}/labels/{label_id}',
    ].sort(),
  );
});
