import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { bodyDeadline } from '../src/app/body-deadline.ts';

test('who sends a body byte by byte is cut off, except where the body is a stream', async () => {
  const app = Fastify();
  bodyDeadline(app, 100);
  app.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined));
  app.put('/stream', { config: { streamsBody: true } }, async (request) => {
    let bytes = 0;
    for await (const chunk of request.raw) bytes += chunk.length;
    return { bytes };
  });
  app.post('/json', async () => ({}));
  app.get('/slow', async () => {
    await sleep(300);
    return { slow: true };
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;

  /** Sends half of a body, the other half after 300 ms, and gives what comes back until the connection ends. */
  const send = async (line: string, type: string, [first, second]: [string, string]) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('error', () => undefined); // it is cut off while we write
    const closed = once(socket, 'close');
    const length = first.length + second.length;
    socket.write(
      `${line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n${first}`,
    );
    await sleep(300);
    socket.write(second);
    await closed;
    return answer;
  };
  try {
    expect(await send('POST /json', 'application/json', ['{', '}'])).toMatch(
      /^HTTP\/1\.1 408 .*"REQUEST_TIMEOUT"/s,
    );
    expect(await send('PUT /stream', 'image/png', ['half', 'half'])).toContain('{"bytes":8}');
    // An answer may take longer than its request.
    expect(await send('GET /slow', 'application/json', ['', ''])).toContain('{"slow":true}');
  } finally {
    await app.close();
  }
});

test('a request that was answered is not ended any more, an injected one neither', async () => {
  const app = Fastify();
  bodyDeadline(app, 50);
  app.post('/json', async () => ({}));
  const answer = await app.inject({ method: 'POST', url: '/json', payload: {} });
  expect(answer.statusCode).toBe(200);
  // What would end it has no connection to end, and would be an error that nobody catches.
  await sleep(150);
  await app.close();
});
