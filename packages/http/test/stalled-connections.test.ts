import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stalledConnections } from '../src/app/stalled-connections.ts';

const app = Fastify({ connectionTimeout: 300, keepAliveTimeout: 300, forceCloseConnections: true });
let port: number;

beforeAll(async () => {
  stalledConnections(app);
  app.post('/json', async () => ({ received: true }));
  app.get('/slow', async () => {
    await sleep(1_000);
    return { slow: true };
  });
  app.get('/large', async () => Buffer.alloc(50_000_000));
  await app.listen({ port: 0, host: '127.0.0.1' });
  port = (app.server.address() as AddressInfo).port;
});
afterAll(() => app.close());

/** Sends `head`, then each piece after a pause, and resolves with what came back until the connection ended. */
async function send(
  head: string,
  pieces: string[] = [],
  pauseMs = 0,
): Promise<{ answer: string; ms: number }> {
  const socket = connect(port, '127.0.0.1');
  const began = performance.now();
  let answer = '';
  socket.on('data', (data) => {
    answer += data;
  });
  const closed = once(socket, 'close');
  socket.write(head);
  for (const piece of pieces) {
    await sleep(pauseMs);
    socket.write(piece);
  }
  await closed;
  return { answer, ms: performance.now() - began };
}
const post = 'POST /json HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n';

test('who stops sending is told so and cut off', async () => {
  const { answer } = await send(`${post}{"a"`);
  expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n.*"code":"REQUEST_TIMEOUT"/s);
});

test('who sends slowly, but sends, is answered', async () => {
  const { answer, ms } = await send(post, ['{"a"', ':', '1', ' ', ' ', ' ', '}'], 100);
  expect(answer).toMatch(/^HTTP\/1\.1 200 .*\{"received":true\}/s);
  expect(ms).toBeGreaterThan(600);
});

test('an answer that takes long is waited for', async () => {
  const { answer } = await send('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 200 .*\{"slow":true\}/s);
});

test('who asks for nothing is cut off', async () => {
  expect((await send('')).answer).toBe('');
  expect((await send('GET /json HT')).answer).toBe('');
});

test('who does not read is cut off', async () => {
  const before = await connections();
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined); // it is cut off
  socket.pause();
  socket.write('GET /large HTTP/1.1\r\nhost: x\r\n\r\n');
  await expect.poll(connections).toBe(before + 1);
  await expect.poll(connections).toBe(before);
  socket.destroy();
});

const connections = () =>
  new Promise<number>((resolve, reject) =>
    app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
