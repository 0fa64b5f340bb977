import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { callingServices } from '@hivesync/clients';
import { afterEach, expect, test } from 'vitest';
import { identityDirectory } from '../../src/members/user-directory.ts';
import { refusal, startProjects } from '../support/projects-service.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function identity(listener: RequestListener): Promise<Record<string, string>> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { identity: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const directory = (urls: Record<string, string>) =>
  identityDirectory(
    callingServices({ serviceUrls: urls, tokens: async () => 'token', deadlineMs: 200, retries: 0 }),
  );

test('asks with a service token, and gives the id', async () => {
  const urls = await identity((request, response) => {
    response.setHeader('content-type', 'application/json');
    const known =
      request.headers.authorization === 'Bearer token' && request.headers['x-request-id'] === 'r1';
    response.end(
      JSON.stringify({ user: known ? { id: '01890000-0000-7000-8000-000000000001', tier: 'free' } : null }),
    );
  });
  expect(await directory(urls).findByEmail('bob@example.com', 'r1')).toBe(
    '01890000-0000-7000-8000-000000000001',
  );
  expect(await directory(urls).findByEmail('bob@example.com', 'r2')).toBeNull();
});

test.each<[string, RequestListener]>([
  ['fails', (_, response) => response.writeHead(500).end()],
  ['hangs', () => undefined],
  ['answers nonsense', (_, response) => response.end('{"user": 7}')],
  ['answers no JSON', (_, response) => response.end('<html>')],
])('says so when identity %s', async (_, listener) => {
  await expect(directory(await identity(listener)).findByEmail('bob@example.com')).rejects.toMatchObject({
    code: 'UPSTREAM_UNAVAILABLE',
  });
});

test('an invitation is not kept while identity cannot be asked', async () => {
  const unreachable = directory({ identity: 'http://127.0.0.1:1' });
  const service = await startProjects({ directory: unreachable });
  const alice = await service.register('Alice');
  const project = await service.createProject(alice);
  const answer = await alice.post(`/api/v1/projects/${project}/invitations`, { email: 'bob@example.com' });
  expect(refusal(answer)).toEqual([503, 'UPSTREAM_UNAVAILABLE']);
  expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
  expect((await alice.get(`/api/v1/projects/${project}/invitations`)).json().items).toEqual([]);
});
