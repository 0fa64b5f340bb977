import { expect, test } from 'vitest';
import { choosePorts } from '../src/ports.ts';
import { summary } from '../src/summary.ts';

const told = (env: { PORT?: string; HIVESYNC_PORT_BASE?: string }) =>
  summary({
    ports: choosePorts(env),
    databaseUrl: 'postgres://postgres@127.0.0.1:5432/hivesync',
    roleSecret: 'secret',
    server: 'PostgreSQL',
    mail: '.data/mail',
    milliseconds: 1_000,
  });

test('tells where mails are', () => {
  expect(told({})).toMatch(/Mail {14}\.data\/mail$/m);
});

test('the demo is told as it finds this platform', () => {
  expect(told({})).toMatch(/Walk through it {3}npm run demo$/m);
  expect(told({ HIVESYNC_PORT_BASE: '8080' })).toMatch(/Walk through it {3}npm run demo$/m);
  for (const env of [
    { HIVESYNC_PORT_BASE: '9000' },
    { PORT: '9000' },
    { HIVESYNC_PORT_BASE: '9100', PORT: '9000' },
  ]) {
    expect(told(env)).toMatch(/Walk through it {3}PORT=9000 npm run demo$/m);
  }
});
