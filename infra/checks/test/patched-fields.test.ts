/** Every field that a PATCH takes is stored: each is written by itself and read back, on every route that there is. */
import type { ServiceName, UserId } from '@hivesync/contracts';
import { newId, query } from '@hivesync/database';
import * as identity from '@hivesync/identity';
import * as projects from '@hivesync/projects';
import { type Caller, startService, testUser } from '@hivesync/testing';
import { beforeAll, expect, test } from 'vitest';
import { openApiDocuments } from '../src/documents.ts';
import { resolveReferences } from '../src/resolve-references.ts';

interface Resource {
  caller: Caller;
  url: string;
}
type Schema = Record<string, unknown>;

const environment = {
  IDENTITY_KEY_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
  OBJECTS_DIR: '/nowhere',
  OBJECTS_SIGNING_SECRET: 'a secret of nobody, for this test alone',
  PUBLIC_URL: 'http://127.0.0.1:8080',
};

const startProjects = () =>
  startService({ ...projects, environment, serviceUrls: { identity: 'http://127.0.0.1:1' } });
const startIdentity = () => startService({ ...identity, environment });
const running = (async () => ({ projects: await startProjects(), identity: await startIdentity() }))();

/** A project of its own, with its owner and another member. */
async function project() {
  const { projects: service } = await running;
  const [owner, member] = [testUser(), testUser()];
  for (const { id } of [owner, member]) {
    await query(service.dataSource, 'insert into user_refs (id, version, display_name) values ($1, 1, $2)', [
      id,
      'Ann',
    ]);
  }
  const caller = service.as(owner);
  const { id } = (await caller.post('/api/v1/projects', { name: 'Hive' })).json<{ id: string }>();
  await query(service.dataSource, 'insert into team_members (id, project_id, user_id) values ($1, $2, $3)', [
    newId(),
    id,
    member.id,
  ]);
  return { caller, id, url: `/api/v1/projects/${id}`, member: member.id };
}

async function within(kind: 'tasks' | 'comments', body: (project: string) => object) {
  const { caller, id, url, member } = await project();
  const made = await caller.post(`${url}/${kind}`, body(id));
  return { caller, url: `/api/v1/${kind}/${made.json<{ id: string }>().id}`, member };
}

/** A fresh resource of each path that is patched. `member` is an id that its fields may name. */
const makers: Record<string, () => Promise<Resource & { member?: UserId }>> = {
  '/api/v1/projects/{project_id}': project,
  '/api/v1/tasks/{task_id}': () => within('tasks', () => ({ title: 'Fix the login' })),
  '/api/v1/comments/{comment_id}': () =>
    within('comments', (id) => ({ entity_type: 'project', entity_id: id, body: 'Well' })),
  '/api/v1/me': async () => {
    const { identity: service } = await running;
    const body = { email: `${newId()}@example.com`, password: 'correct horse battery' };
    const { id } = (await service.asStranger().post('/api/v1/auth/register', body)).json<{ id: UserId }>();
    return { caller: service.as(testUser({ id })), url: '/api/v1/me' };
  },
};

/** Something that fits the schema and is not there yet. */
function another(schema: Schema, member: UserId | undefined): unknown {
  const { anyOf, enum: values, format, type } = schema;
  if (Array.isArray(anyOf)) return another(anyOf[0], member);
  if (Array.isArray(values)) return values.at(-1);
  if (format === 'uuid') return member;
  if (format === 'date') return '2027-01-31';
  if (format === 'uri') return 'https://example.com/another';
  if (type === 'object') return { another: 1 };
  if (type === 'string') return 'another';
  throw new Error(`nothing known that fits ${JSON.stringify(schema)}`);
}

/** Answers show a person where a request names its id: `assignee_id` is `assignee.id`. */
function shown(answer: Record<string, unknown>, field: string): unknown {
  if (field in answer) return answer[field];
  const person = answer[field.replace(/_id$/, '')];
  return typeof person === 'object' && person !== null && 'id' in person ? person.id : undefined;
}

interface Patch {
  service: ServiceName;
  path: string;
  fields: [name: string, schema: Schema][];
}
let patches: Patch[];
beforeAll(async () => {
  patches = (await openApiDocuments()).flatMap(([service, document]) => {
    const { paths, components } = document as {
      paths: Record<string, { patch?: { requestBody: unknown } }>;
      components: { schemas: Schema };
    };
    return Object.entries(paths).flatMap(([path, { patch }]) => {
      if (!patch) return [];
      const body = resolveReferences(patch.requestBody, components.schemas) as {
        content: { 'application/json': { schema: { properties: Record<string, Schema> } } };
      };
      return [{ service, path, fields: Object.entries(body.content['application/json'].schema.properties) }];
    });
  });
});

test('every PATCH is known here, and none that is gone', () => {
  expect(patches.map(({ path }) => path).sort()).toEqual(Object.keys(makers).sort());
});

test.each(Object.entries(makers))('PATCH %s stores each of its fields', async (path, make) => {
  const fields = patches.find((patch) => patch.path === path)?.fields ?? [];
  expect(fields.length).toBeGreaterThan(0);
  for (const [field, schema] of fields) {
    const { caller, url, member } = await make();
    const before = await caller.get(url);
    expect(before.statusCode, before.body).toBe(200);
    const value = another(schema, member);
    expect(shown(before.json(), field), field).not.toEqual(value);
    const headers = { 'if-match': String(before.headers.etag) };
    const changed = await caller.patch(url, { [field]: value }, { headers });
    expect(changed.statusCode, `${field}: ${changed.body}`).toBe(200);
    expect(shown(changed.json(), field), `the answer to ${field}`).toEqual(value);
    expect(shown((await caller.get(url)).json(), field), `${field} read back`).toEqual(value);
  }
});
