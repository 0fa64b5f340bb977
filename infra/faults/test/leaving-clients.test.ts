/** The built gateway in front of services that take every request and answer none. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GatewayProcess, startGateway } from './support/gateway-process.ts';
import { SlowClients } from './support/slow-clients.ts';

const silent = createServer(() => undefined);
let gateway: GatewayProcess;

beforeAll(async () => {
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  gateway = await startGateway(
    { identity: url, projects: url },
    {
      STRANGER_REQUESTS_PER_MINUTE: '1000000',
      UPLOAD_LIMIT_BYTES: '2000000',
    },
  );
});
afterAll(async () => {
  await gateway.stop();
  silent.closeAllConnections();
  silent.close();
});

test.each([
  ['half-sent bodies', 'POST /api/v1/auth/login', 'application/json'],
  ['half-sent files', 'PUT /api/v1/objects/attachments/x?expires=1&size=1000&signature=x', 'image/png'],
])('the gateway does not end of clients with %s that leave while they wait', async (_what, line, type) => {
  const slow = new SlowClients(gateway.port);
  const head = `${line} HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ncontent-length: 1000\r\n\r\n{"name":`;
  const sockets = [];
  for (let n = 0; n < 140; n += 1) sockets.push(await slow.open(head));
  await sleep(1_000);
  for (const socket of sockets.slice(-6)) socket.destroy();
  await sleep(500);
  slow.leave();
  expect(gateway.log()).not.toContain('closing after an error');
  expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200);
  expect(gateway.alive()).toBe(true);
});

test.each([
  ['an ordinary body', 'POST', '/api/v1/auth/login', 'application/json'],
  ['a file', 'PUT', '/api/v1/objects/attachments/x?expires=1&size=1000&signature=x', 'image/png'],
])('the 413 reaches whoever is still sending %s', async (_what, method, path, type) => {
  const statuses: string[] = [];
  for (let n = 0; n < 8; n += 1) {
    const headers = { 'content-type': type, 'transfer-encoding': 'chunked' };
    const outgoing = request(gateway.url + path, { method, headers });
    const answered = once(outgoing, 'response');
    outgoing.end(Buffer.alloc(20_000_000));
    statuses.push(await answered.then(([{ statusCode }]) => String(statusCode)).catch(({ code }) => code));
    outgoing.destroy();
  }
  expect(statuses).toEqual(Array(8).fill('413'));
});
