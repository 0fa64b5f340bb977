/** Each example of a body in the gateway's document is sent to the gateway as it stands, and does what it says. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { patienceMs, type RunningPlatform, run, runningPlatform } from './running-platform.ts';

interface Operation {
  operationId: string;
  requestBody?: { content: Record<string, { example?: unknown }> };
}

let platform: RunningPlatform;
let url: string;
let authorization = '';
/** Ids of things that are there, by the names of path parameters. */
const world: Record<string, string> = { tier: 'free', limit_key: 'projects_owned' };

async function send(method: string, path: string, body?: unknown, version?: number): Promise<Response> {
  return fetch(url + path, {
    method,
    headers: {
      ...(authorization && { authorization }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(version !== undefined && { 'if-match': `"${version}"` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** Tokens that only the server can make: their examples say where they come from, and are refused as unknown. */
const secrets: Record<string, number> = { refresh: 401, verifyEmail: 410 };
/** These go first, in this order, and these last: they make what others need, and end it. */
const first = ['register', 'login', 'createProject', 'createTask', 'addComment', 'createLabel'];
const last = ['deleteProject', 'deleteMe'];
const made: Record<string, string> = {
  createProject: 'project_id',
  createTask: 'task_id',
  addComment: 'comment_id',
};

let operations: { method: string; path: string; operation: Operation }[];
beforeAll(async () => {
  platform = await runningPlatform();
  url = `http://127.0.0.1:${platform.port}`;
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const rank = ({ operationId }: Operation) =>
    first.includes(operationId) ? first.indexOf(operationId) - 100 : last.indexOf(operationId);
  operations = Object.entries(document.paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        operation,
      })),
    )
    .filter(({ operation }) => operation.requestBody?.content['application/json'])
    .sort((a, b) => rank(a.operation) - rank(b.operation));
}, patienceMs);
afterAll(() => platform.stop());

/** Proves the address by the mail that was sent to it, and makes its person an administrator. */
async function asAdministrator(email: string): Promise<void> {
  const mails = join(platform.folder, '.data/mail');
  let token: string | undefined;
  for (; !token; await sleep(50)) {
    const texts = existsSync(mails)
      ? readdirSync(mails).map((file) => readFileSync(join(mails, file), 'utf8'))
      : [];
    token = texts.map((text) => /#token=(\S+)/.exec(text)?.[1]).find(Boolean);
  }
  expect((await send('POST', '/api/v1/auth/verify-email', { token })).status).toBe(204);
  const command = [...run('admin.ts'), 'create', email, '--existing'];
  await promisify(execFile)(process.execPath, command, { env: platform.environment });
}

test(
  'every example works as it is',
  async () => {
    expect(operations.length).toBeGreaterThan(20);
    for (const { method, path, operation } of operations) {
      const { operationId, requestBody } = operation;
      const example = requestBody?.content['application/json']?.example;
      expect(example, `${operationId} has an example`).toBeDefined();
      const target = path.replace(/\{(\w+)\}/g, (_, name: string) => world[name] ?? `no-${name}`);
      const versioned = method === 'PATCH';
      const version = versioned
        ? ((await (await send('GET', target)).json()) as { version: number }).version
        : undefined;
      const answer = await send(method, target, example, version);
      const text = await answer.text();
      const expected = secrets[operationId];
      if (expected) expect(answer.status, `${operationId}: ${text}`).toBe(expected);
      else expect(Math.floor(answer.status / 100), `${operationId}: ${answer.status} ${text}`).toBe(2);
      const name = made[operationId];
      if (name) world[name] = (JSON.parse(text) as { id: string }).id;
      if (operationId === 'register') await asAdministrator((example as { email: string }).email);
      if (operationId === 'login')
        authorization = `Bearer ${(JSON.parse(text) as { access_token: string }).access_token}`;
    }
  },
  patienceMs,
);
