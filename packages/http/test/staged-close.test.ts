import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { testUser } from '@hivesync/testing';
import { beforeAll, expect, test } from 'vitest';
import { startNotes } from './support/notes-service.ts';

let service: Awaited<ReturnType<typeof startNotes>>;
let token: string;

beforeAll(async () => {
  service = await startNotes({ listen: true });
  token = await service.tokens.userToken(testUser());
});

/** Sends all of its body before it looks for an answer, in a process of its own, as many clients do. */
const client = `
  const { connect } = require('node:net');
  const [port, token, announced] = process.argv.slice(1);
  const socket = connect({ port, host: '127.0.0.1' });
  socket.once('error', (error) => { console.log(error.code); process.exit(); });
  const size = 20_000_000;
  socket.write('POST /api/v1/notes HTTP/1.1\\r\\nhost: x\\r\\ncontent-type: application/json\\r\\nauthorization: Bearer ' + token +
    (announced ? '\\r\\ncontent-length: ' + size : '\\r\\ntransfer-encoding: chunked') + '\\r\\n\\r\\n');
  if (!announced) socket.write(size.toString(16) + '\\r\\n');
  socket.write(Buffer.alloc(size, ' '), () => socket.once('data', (data) => {
    console.log(String(data).split(' ')[1]);
    socket.destroy();
  }));
`;

test.each([
  ['announces', 'yes'],
  ['does not announce', ''],
])('the 413 reaches a client that is still sending what it %s', async (_how, announced) => {
  const { port } = new URL(service.url);
  const seen: string[] = [];
  for (let n = 0; n < 8; n += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', client, port, token, announced]);
    seen.push(stdout.trim());
  }
  expect(seen).toEqual(Array(8).fill('413'));
});

test('a connection is kept where the request was there before its answer', async () => {
  for (const init of [{}, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }]) {
    const answer = await fetch(`${service.url}/api/v1/nothing`, init);
    expect([answer.status, answer.headers.get('connection')]).toEqual([404, 'keep-alive']);
  }
});
