import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import {
  atFileEnd,
  emptyDatabase,
  meanwhile,
  severableProxy,
  testDatabase,
  testTokens,
} from '@hivesync/testing';
import { expect, test } from 'vitest';
import { notesDatabase } from './support/notes-database.ts';

const support = join(import.meta.dirname, 'support');

interface Run {
  child: ChildProcess;
  stdout: () => string;
  stderr: () => string;
  /** The first log line with this message. */
  line: (msg: string) => Promise<Record<string, unknown>>;
  exit: Promise<number | null>;
}

/** The notes service in a process of its own, as it is run for real. */
async function run(environment: Record<string, string>): Promise<Run> {
  const child = spawn(process.execPath, [join(support, 'run-source.mjs'), join(support, 'notes-main.ts')], {
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      DRAIN_SECONDS: '2',
      SERVICE_URLS: '{}',
      SERVICE_PRIVATE_KEY: (await testTokens()).privateKey('projects'),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  atFileEnd(() => child.kill('SIGKILL'));
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const lines = () =>
    stdout
      .split('\n')
      .slice(0, -1)
      .map((line): Record<string, unknown> => JSON.parse(line));
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    exit: once(child, 'exit').then(([code]: (number | null)[]) => code ?? null),
    async line(msg) {
      for (;;) {
        const found = lines().find((entry) => entry.msg === msg);
        if (found) return found;
        if (child.exitCode !== null) throw new Error(`exited ${child.exitCode}: ${stderr}`);
        await new Promise((done) => setTimeout(done, 50));
      }
    },
  };
}

test('SIGTERM: what is in flight finishes, then exit 0', async () => {
  const service = await run({ DATABASE_URL: (await testDatabase(notesDatabase)).appUrl('projects') });
  const { url } = await service.line('listening');
  await service.line('ready');
  const slow = meanwhile((signal) => fetch(`${url}/api/v1/slow`, { signal }));
  await service.line('slow begins');
  const begun = performance.now();
  service.child.kill('SIGTERM');
  await service.line('closing');
  // Still listening: a balancer has to see it first.
  expect((await fetch(`${url}/health/ready`)).status).toBe(503);
  expect((await slow.outcome).status).toBe(200);
  expect(await service.exit).toBe(0);
  expect(performance.now() - begun).toBeLessThan(20_000);
});

test('a database that is not there yet: lives, answers 503, and gets ready when it comes', async () => {
  const database = await testDatabase(notesDatabase);
  const target = new URL(database.adminUrl);
  const proxy = await severableProxy(Number(target.port), target.hostname);
  proxy.sever();
  const service = await run({ DATABASE_URL: proxy.through(database.appUrl('projects')) });
  const { url } = await service.line('listening');
  expect((await fetch(`${url}/health/ready`)).status).toBe(503);
  expect((await fetch(`${url}/api/v1/notes`)).status).toBe(503);
  proxy.restore();
  await service.line('ready');
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  service.child.kill('SIGTERM');
  expect(await service.exit).toBe(0);
  expect(service.stdout()).not.toContain(new URL(database.appUrl('projects')).password);
});

test('a schema that is behind: exit 1, one line, with the command', async () => {
  const service = await run({ DATABASE_URL: (await emptyDatabase()).appUrl('projects') });
  expect(await service.exit).toBe(1);
  expect(service.stderr()).toBe(
    'schema projects is behind: CreateNotes1763800000000 not applied. Run: npx turbo run migrate --filter=@hivesync/projects\n',
  );
});

test.each([
  ['adminUrl', 'whom no grant binds'],
  ['ownerUrl', 'who owns the schema'],
  ['billingUrl', 'whose search_path does not lead to the schema projects'],
] as const)('a login that is not its own (%s): exit 1, one line', async (login, reason) => {
  const database = await testDatabase(notesDatabase);
  const { adminUrl } = database;
  const url = { adminUrl, ownerUrl: database.ownerUrl('projects'), billingUrl: database.appUrl('billing') }[
    login
  ];
  const service = await run({ DATABASE_URL: url });
  expect(await service.exit).toBe(1);
  expect(service.stderr()).toBe(
    `projects is logged in as ${new URL(url).username}, ${reason}: DATABASE_URL must log in as projects_app\n`,
  );
});

test('a configuration that does not fit: exit 1, one line, without the value', async () => {
  const service = await run({ DATABASE_URL: 'mysql://root:hunter2@db/x', PORT: 'eighty' });
  expect(await service.exit).toBe(1);
  expect(service.stderr()).toMatch(/^Configuration: PORT must be integer; DATABASE_URL must match [^\n]*\n$/);
  expect(service.stderr()).not.toContain('hunter2');
});
