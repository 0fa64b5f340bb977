/** The built gateway in front of services that take every request and answer none. */
import { createServer } from 'node:http';
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
  gateway = await startGateway({ identity: url, projects: url }, { STRANGER_REQUESTS_PER_MINUTE: '1000000' });
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
