import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { assertPortsFree, choosePorts, PortInUseError } from '../src/ports.ts';
import { freePorts } from './free-ports.ts';

test('the gateway is at the base and the services follow; PORT moves the gateway alone', () => {
  expect(choosePorts({})).toEqual({
    gateway: 8080,
    identity: 8081,
    projects: 8082,
    previews: 8083,
    billing: 8084,
    workers: 8085,
    audit: 8086,
  });
  expect(choosePorts({ HIVESYNC_PORT_BASE: '9000', PORT: '80' })).toMatchObject({
    gateway: 80,
    identity: 9001,
    audit: 9006,
  });
});

test.each([
  { PORT: 'http' },
  { PORT: '0' },
  { PORT: '65536' },
  { HIVESYNC_PORT_BASE: '65530' },
  { PORT: '80.5' },
])('%j is refused', (env) => {
  expect(() => choosePorts(env)).toThrow(RangeError);
});

test('a port that is taken is named, with the app that wants it and the way out', async () => {
  const ports = await freePorts();
  const blocker = createServer();
  await new Promise<void>((done) => blocker.listen(ports.billing, '127.0.0.1', done));
  const failure = assertPortsFree(ports);
  await expect(failure).rejects.toThrow(PortInUseError);
  await expect(failure).rejects.toThrow(`Port ${ports.billing} (billing) is in use`);
  await expect(failure).rejects.toThrow('HIVESYNC_PORT_BASE');
  await new Promise((done) => blocker.close(done));
  await assertPortsFree(ports);
});
