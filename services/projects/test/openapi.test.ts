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
  // Which they are, the page of features says, and a test of it.
  expect(ours.length).toBeGreaterThan(40);
});
