/** No body under its route's limit holds the event loop: of every route that reads one, in every service. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as audit from '@hivesync/audit';
import * as billing from '@hivesync/billing';
import { type ServiceName, serviceNames } from '@hivesync/contracts';
import type { DataSource, ServiceDatabase } from '@hivesync/database';
import type { App, BaseConfig, KeyResolver } from '@hivesync/http';
import * as identity from '@hivesync/identity';
import * as previews from '@hivesync/previews';
import * as projects from '@hivesync/projects';
import { startService, testDatabase, testUser } from '@hivesync/testing';
import * as workers from '@hivesync/workers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostileBodies, sample } from '../src/hostile-bodies.ts';
import { resolveReferences } from '../src/resolve-references.ts';

/** Milliseconds that one body may hold the loop of an idle machine; one that others use as well is slower. */
const bound = 50;
const allowance = 3;
const tries = 4;

interface Service<Config extends BaseConfig> {
  database: ServiceDatabase;
  loadConfig: (env: Record<string, string | undefined>) => Config;
  buildApp: (parts: { config: Config; dataSource: DataSource; keys: KeyResolver }) => Promise<App>;
}

/** Administrators are asked for at identity before a body is read that destroys: of them all, it knows this one. */
const admin = testUser({ role: 'admin' });
const identityStandIn = createServer((_request, response) => {
  const session = { user_id: admin.id, role: 'admin' };
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ session }));
});
beforeAll(() => new Promise<void>((done) => identityStandIn.listen(0, '127.0.0.1', done)));
afterAll(() => identityStandIn.close());

const start = async <Config extends BaseConfig>(service: Service<Config>) =>
  startService<Config, App>({
    ...service,
    listen: true,
    on: await testDatabase(service.database),
    serviceUrls: { identity: `http://127.0.0.1:${(identityStandIn.address() as AddressInfo).port}` },
    environment: {
      IDENTITY_KEY_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      OBJECTS_DIR: '/nowhere',
      PUBLIC_URL: 'http://127.0.0.1:8080',
      OBJECTS_SIGNING_SECRET: 'a secret of nobody, for this test alone',
    },
  });
const starting = {
  audit: () => start(audit),
  billing: () => start(billing),
  identity: () => start(identity),
  previews: () => start(previews),
  projects: () => start(projects),
  workers: () => start(workers),
} satisfies Record<ServiceName, unknown>;

interface Operation {
  operationId: string;
  'x-body-limit-bytes'?: number;
  parameters?: { name: string; in: string; schema: Record<string, unknown> }[];
  requestBody?: { content: Record<string, { schema: Record<string, unknown> }> };
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
}

const longest = { what: 'nothing', ms: 0 };

test.each(serviceNames)('%s reads every body under its limit in time', { timeout: 600_000 }, async (name) => {
  const service = await starting[name]();
  const document: Document = (await service.app.inject('/openapi.json')).json();
  const slow: string[] = [];
  const person = async () =>
    `Bearer ${await service.tokens.userToken({ ...admin, authTime: Math.floor(Date.now() / 1_000) })}`;

  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const body = operation.requestBody?.content['application/json']?.schema;
      if (!body) continue;
      const schema = resolveReferences(body, document.components.schemas) as Record<string, unknown>;
      expect(schema, operation.operationId).not.toHaveProperty('$ref');
      const url = (operation.parameters ?? [])
        .filter((parameter) => parameter.in === 'path')
        .reduce((text, one) => text.replace(`{${one.name}}`, String(sample(one.schema))), path);
      const post = (body: string, authorization: string) =>
        fetch(`${service.url}${url}`, {
          method: method.toUpperCase(),
          body,
          headers: { authorization, 'content-type': 'application/json', 'if-match': '"1"' },
        });
      const authorization = path.startsWith('/internal')
        ? await callerOf(name, service.tokens, async (token) => (await post('{', token)).status !== 403)
        : person;
      expect(await (await post('{', await authorization())).json(), operation.operationId).toMatchObject({
        code: 'MALFORMED_JSON',
      });

      const limit = operation['x-body-limit-bytes'] ?? 1_048_576;
      for (const [nuisance, body] of hostileBodies(schema, limit)) {
        expect(Buffer.byteLength(body), nuisance).toBeLessThanOrEqual(limit);
        const token = await authorization();
        const ms = await shortest(async () => {
          const answer = await post(body, token);
          await answer.arrayBuffer();
          expect([401, 403, 413, 500], nuisance).not.toContain(answer.status);
        });
        const what = `${operation.operationId}, ${body.length} bytes: ${nuisance}`;
        if (ms > longest.ms) Object.assign(longest, { what, ms });
        if (ms >= bound * allowance) slow.push(`${ms.toFixed(1)} ms: ${what}`);
      }
    }
  }
  expect(slow).toEqual([]);
  console.log(`The longest that a body held the loop: ${longest.ms.toFixed(1)} ms (${longest.what})`);
});

/** CPU time of this thread alone: neither what other processes nor what the collector's threads do counts. */
async function shortest(work: () => Promise<void>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let n = 0; n < tries && least > bound / 5; n++) {
    const before = process.threadCpuUsage();
    await work();
    const { user, system } = process.threadCpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}

async function callerOf(
  to: ServiceName,
  tokens: { serviceToken(from: ServiceName, to: ServiceName): Promise<string> },
  admitted: (token: string) => Promise<boolean>,
): Promise<() => Promise<string>> {
  for (const from of serviceNames) {
    const token = async () => `Bearer ${await tokens.serviceToken(from, to)}`;
    if (await admitted(await token())) return token;
  }
  throw new Error(`nobody may call ${to}`);
}
