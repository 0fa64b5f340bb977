import { createDataSource } from '@hivesync/database';
import { testTokens } from '@hivesync/testing';
import { beforeAll, expect, test } from 'vitest';
import { type App, baseConfigSchema, createLogger, loadConfig } from '../src/index.ts';
import { buildNotes } from './support/notes-app.ts';
import { notesDatabase } from './support/notes-database.ts';

interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: object };
}
interface Operation {
  operationId: string;
  tags?: string[];
  security?: object[];
  parameters?: { name: string; in: string; required?: boolean; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<
    string,
    { description: string; headers?: object; content?: Record<string, { schema: object }> }
  >;
}

/** As the generator does: nothing to connect to, nothing read. */
async function build(): Promise<App> {
  const url = 'postgres://nobody@127.0.0.1:1/nothing';
  const config = loadConfig(baseConfigSchema, {
    PORT: '0',
    DATABASE_URL: url,
    SERVICE_URLS: '{}',
    SERVICE_PRIVATE_KEY: (await testTokens()).privateKey('projects'),
  });
  const app = await buildNotes({
    config,
    dataSource: createDataSource(notesDatabase, url),
    logger: createLogger({ service: 'projects', level: 'silent' }),
  });
  await app.ready();
  return app;
}

let app: App;
let document: OpenApi;
beforeAll(async () => {
  app = await build();
  document = JSON.parse(JSON.stringify(app.swagger()));
});

function operation(method: string, path: string): Operation {
  const found = document.paths[path]?.[method];
  if (!found) throw new Error(`there is no ${method} ${path}`);
  return found;
}

test('is served without a database, and the same each time', async () => {
  const answer = await app.inject('/openapi.json');
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual(document);
  const again = await build();
  expect(JSON.stringify(again.swagger())).toBe(JSON.stringify(app.swagger()));
});

test('names every operation of the service, and none of the machinery', () => {
  expect(document.openapi).toBe('3.1.0');
  expect(Object.keys(document.paths).sort()).toEqual([
    '/api/v1/admin/notes',
    '/api/v1/broken',
    '/api/v1/forgetful',
    '/api/v1/notes',
    '/api/v1/notes/{note_id}',
    '/api/v1/slow',
    '/api/v1/strangers',
    '/internal/events',
    '/internal/integrity',
    '/internal/integrity/deletions',
    '/internal/integrity/departing',
    '/internal/users/{user_id}/export',
    '/internal/who',
  ]);
});

test('tells who may call, as the guards of the routes have it', () => {
  const { paths } = document;
  expect(paths['/api/v1/notes']?.post?.security).toEqual([{ accessToken: [] }]);
  expect(paths['/api/v1/notes']?.post?.responses['401']?.description).toContain('TOKEN_EXPIRED');
  expect(paths['/api/v1/admin/notes']?.get?.responses['403']?.description).toBe('ADMIN_ONLY');
  expect(paths['/api/v1/strangers']?.post?.security).toEqual([]);
  expect(paths['/internal/who']?.get).toMatchObject({ security: [{ serviceToken: [] }], tags: ['internal'] });
});

test('refers to shared schemas by name', () => {
  const schemas = Object.keys(document.components.schemas);
  expect(schemas).toEqual(expect.arrayContaining(['Note', 'CreateNoteBody', 'Problem']));
  const { responses } = operation('post', '/api/v1/notes');
  expect(responses['201']?.content?.['application/json']?.schema).toEqual({
    $ref: '#/components/schemas/Note',
  });
  expect(responses['422']?.content?.['application/problem+json']?.schema).toEqual({
    $ref: '#/components/schemas/Problem',
  });
  expect(
    document.paths['/api/v1/notes']?.get?.responses['200']?.content?.['application/json']?.schema,
  ).toEqual({ $ref: '#/components/schemas/NotePage' });
  expect(document.components.schemas.NotePage).toMatchObject({
    properties: { items: { type: 'array', items: { $ref: '#/components/schemas/Note' } } },
  });
});

test('documents the header of idempotent routes, and the codes of one status together', () => {
  const { parameters, responses } = operation('post', '/api/v1/notes');
  expect(parameters?.find(({ name }) => name === 'idempotency-key')).toMatchObject({ in: 'header' });
  expect(responses['422']?.description).toBe('IDEMPOTENCY_KEY_REUSED, UNKNOWN_REFERENCE');
  expect(responses['409']?.description).toBe('IDEMPOTENCY_KEY_IN_USE, NAME_TAKEN');
});

test('lets query parameters be left out that have a default', () => {
  const { parameters = [] } = operation('get', '/api/v1/notes');
  const query = parameters.filter(({ in: place }) => place === 'query');
  expect(query.map(({ name }) => name)).toEqual(['limit', 'cursor', 'include_total', 'starts']);
  for (const { required = false } of query) expect(required).toBe(false);
  const since = operation('get', '/internal/events').parameters ?? [];
  expect(since.filter(({ required }) => required).map(({ name }) => name)).toEqual([]);
});

test('documents If-Match with its refusals, and the headers of versioned answers', () => {
  const { parameters, responses } = operation('patch', '/api/v1/notes/{note_id}');
  expect(parameters?.find(({ name }) => name === 'if-match')).toMatchObject({ in: 'header', required: true });
  expect(responses['400']?.description).toBe('VALIDATION_FAILED, MALFORMED_JSON, MALFORMED_IF_MATCH');
  expect(responses['412']?.description).toBe('PRECONDITION_FAILED');
  expect(responses['428']?.description).toBe('IF_MATCH_REQUIRED');
  expect(Object.keys(responses['200']?.headers ?? {})).toEqual(['etag']);
  const created = operation('post', '/api/v1/notes').responses['201'];
  expect(Object.keys(created?.headers ?? {})).toEqual(['etag', 'location']);
  expect(operation('post', '/api/v1/notes').responses['412']?.description).toBe('PRECONDITION_UNSUPPORTED');
  const read = operation('get', '/api/v1/notes/{note_id}');
  expect(read.parameters?.map(({ name }) => name)).toEqual(['note_id', 'if-none-match']);
  expect(Object.keys(read.responses['200']?.headers ?? {})).toEqual(['etag']);
  expect(read.responses['304']?.description).toBe('The caller has this answer');
});

test('an operation without a name is found out', async () => {
  const nameless = await build().catch((error: unknown) => error);
  expect(nameless).not.toBeInstanceOf(Error);
  const { createApp } = await import('../src/index.ts');
  const other = await createApp({
    service: 'gateway',
    config: { ...app.config },
    openapi: { title: 'x', description: 'x' },
    logger: createLogger({ service: 'x', level: 'silent' }),
  });
  other.get('/api/v1/nameless', { schema: { summary: 'x' } }, async () => ({}));
  await other.ready();
  expect(() => other.swagger()).toThrow('GET /api/v1/nameless has no operationId');
});
