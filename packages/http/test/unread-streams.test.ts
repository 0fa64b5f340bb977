import { Readable } from 'node:stream';
import { testTokens } from '@hivesync/testing';
import { expect, test } from 'vitest';
import { baseConfigSchema, createApp, createLogger, loadConfig } from '../src/index.ts';

test('a HEAD reads nothing of what a GET would stream', async () => {
  const url = 'postgres://nobody@127.0.0.1:1/nothing';
  const app = await createApp({
    service: 'projects',
    config: loadConfig(baseConfigSchema, {
      PORT: '0',
      DATABASE_URL: url,
      SERVICE_URLS: '{}',
      SERVICE_PRIVATE_KEY: (await testTokens()).privateKey('projects'),
    }),
    openapi: { title: 'x', description: 'x' },
    logger: createLogger({ service: 'projects', level: 'silent' }),
  });
  let pieces = 0;
  app.get('/stream', async (_request, reply) => {
    const lines = function* () {
      for (; pieces < 1_000; pieces += 1) yield 'a piece';
    };
    return reply.type('text/plain').send(Readable.from(lines(), { objectMode: false }));
  });
  const head = await app.inject({ method: 'HEAD', url: '/stream' });
  expect([head.statusCode, head.headers['content-type'], head.body]).toEqual([200, 'text/plain', '']);
  expect(pieces).toBe(0);
  expect((await app.inject('/stream')).body.length).toBe(7_000);
  await app.close();
});
